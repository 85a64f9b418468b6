"""Two papers tell the same: in the local Discord it is one card, or one thread."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.config import Settings
from bot.sandbox import Sandbox
from tests.journey.broadsheet import broadsheet, eventually
from tests.journey.conftest import Town
from tests.journey.test_journey import card, posted
from tests.press import Press

REPORT = (
    "The evening ferry ran aground on a sandbank in front of the old harbour on Tuesday, shortly after nine. "
    "Forty passengers were on board, among them a school class on its way home from the island's museum. "
    "Lifeboats of three villages brought all of them ashore within an hour, and nobody was hurt. "
    "Captain Ines Halvorsen said that fog had come up faster than she had ever seen it do in May. "
    "The harbour office wants to know why the new radar on the breakwater did not sound its alarm. "
    "A tug from the mainland is to pull the ship free with Wednesday's high tide, at six in the morning."
)


# Every day on SQLite: which copies there are, and what becomes of them, is held against both in tests/storage.
@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)],
    indirect=True,
)
async def test_a_story_from_two_sources_is_one_card(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    alice, bob, channel = town.alice, town.bob, town.channel_id
    threads = (await alice.create_channel(town.guild_id, "threads"))["id"]
    await alice.overwrite(threads, town.application.id, allow=1 << 10 | 1 << 11 | 1 << 38, member=True)
    async with Press("The Mail") as mail, broadsheet(settings):
        mail.publish("Market day moves")
        for one in (channel, threads):
            await alice.slash("subscribe", url=press.feed_url, in_=one)
        await alice.slash("subscribe", url=mail.feed_url, in_=channel)
        await alice.slash("subscribe", url=mail.feed_url, in_=threads, same_story="thread")
        await card(town, "Market day moves")
        press.publish("Ferry runs aground in fog", REPORT)
        first = await card(town, "Ferry runs aground in fog")
        before = posted(sandbox, channel)

        mail.publish("Aground: all saved from ferry", f"Our reporters were there. {REPORT}")

        async def in_threads() -> list[Any]:
            cards = await bob.messages(threads)
            return [
                message
                for ferry in cards
                if "Ferry runs aground" in json.dumps(ferry["embeds"]) and "thread" in ferry
                for message in await bob.messages(ferry["id"])
                if "Aground: all saved" in json.dumps(message["embeds"])
            ]

        (beside,) = await eventually(in_threads, bool)
        named = await eventually(
            lambda: bob.message(channel, first["id"]),
            lambda message: "The Mail" in json.dumps(message["embeds"]),
        )
        assert "Also covered by" in json.dumps(named["embeds"])
        assert posted(sandbox, channel) == before, "no card of its own"
        assert "Aground" not in json.dumps([one["embeds"] for one in await bob.messages(threads)])

        # What members do with it there counts for it, as everywhere.
        await eventually(
            lambda: bob.message(beside["channel_id"], beside["id"]),
            lambda message: len(message.get("reactions", [])) == 2,
        )
        await bob.react(beside, "👍")
        await eventually(
            lambda: bob.message(beside["channel_id"], beside["id"]),
            lambda message: "▲ 1" in json.dumps(message, ensure_ascii=False),
        )
        reply = await alice.slash("top", sort="new", in_=threads)
        assert f"/{beside['channel_id']}/{beside['id']})" in json.dumps(reply.raw)
