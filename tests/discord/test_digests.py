"""`/digest`, and the digests of a day as channels and members get them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.client import BroadsheetBot
from bot.newsroom.newsroom import Newsroom
from bot.newsroom.ports import Done, Missing
from bot.newsroom.scheduled import DigestRound
from bot.publisher import DiscordSight
from storage import Store
from tests.discord.conftest import Moderation, Press, Town, eventually, utc_now
from tests.discord.test_commands import shown
from tests.discord.test_events import Watching

DAY = timedelta(days=1)


class Evening:
    """The time at which digests are due: a day from now, as the bot sees it."""

    def __init__(self, store: Store, bot: BroadsheetBot, press: Press) -> None:
        self._store, self._bot, self._press = store, bot, press

    async def comes(self, days: int = 1) -> None:
        """Write what is due by then, and deliver it."""
        after = days * DAY
        digests = DigestRound(
            self._store,
            DiscordSight(self._bot),
            clock=lambda: utc_now() + after,
            may_send=lambda: True,
            on_posts=lambda: None,
        )
        await digests.write_due()
        await self._press.deliver(after)


@pytest.fixture
def evening(store: Store, bot: BroadsheetBot, press: Press) -> Evening:
    return Evening(store, bot, press)


async def digests_in(town: Town, channel_id: str) -> list[dict[str, Any]]:
    return [one for one in await town.alice.messages(channel_id) if "The day's" in str(one["embeds"])]


async def test_a_channels_digest_comes_once_with_what_members_liked(
    town: Town, press: Press, newsroom: Newsroom, evening: Evening
) -> None:
    bridge, _, ferry = await press.publish("Bridge open", "Council meets", "Ferry late")
    said = await town.bob.reply(ferry, "It was worth the wait.")
    await Watching(newsroom, ferry).until_comments("It was worth the wait.")
    for who in (town.alice, town.bob):
        await who.react(ferry, "👍")
    await town.alice.react(bridge, "👍")
    await town.alice.react(said, "👍")
    await Watching(newsroom, ferry).until_votes(2, 0)
    await Watching(newsroom, bridge).until_votes(1, 0)

    best = (await town.alice.create_channel(town.guild_id, "best-of"))["id"]
    refused = await town.bob.slash("digest schedule", every="day", channel=best)
    assert "**Manage Server**" in shown(refused)
    made = await town.alice.slash("digest schedule", every="day", channel=best, number=2, hour=utc_now().hour)
    assert f"into <#{best}> every day at {utc_now().hour}:00 (UTC), with up to 2 articles" in shown(made)
    for _ in range(2):
        await evening.comes()
    [digest] = await digests_in(town, best)
    text = digest["embeds"][0]["description"]
    place = f"https://discord.com/channels/{town.guild_id}/{town.channel_id}"
    assert text.splitlines() == [
        "**1. [Ferry late](https://town.example/3)**",
        f"The Town Crier · [▲ 2 · 💬 1]({place}/{ferry['id']})",
        "It is told at length.",
        f"> “It was worth the wait.” — [bob]({place}/{said['id']})",
        "",
        "**2. [Bridge open](https://town.example/1)**",
        f"The Town Crier · [▲ 1]({place}/{bridge['id']})",
        "It is told at length.",
    ]
    more = await town.bob.click(digest, "More of this day")
    assert more.ephemeral
    assert "Council meets" in shown(more)

    seen = await town.bob.slash("digest list")
    assert f"**1.** <#{best}>, every day" in shown(seen)
    assert seen.components == []
    seen = await town.alice.slash("digest list")
    assert "No digest comes here yet" in shown(await town.alice.click(seen, "Stop 1"))
    await press.publish("Fair begins")
    await evening.comes(2)
    assert len(await digests_in(town, best)) == 1


async def test_a_member_gets_what_they_may_read_until_they_stop_it(
    town: Town,
    press: Press,
    mods: Moderation,
    evening: Evening,
    newsroom: Newsroom,
    store: Store,
    bot: BroadsheetBot,
) -> None:
    await press.publish("Bridge open")
    assert "Bridge open" in shown(await town.bob.slash("digest now", every="day", in_=town.channel_id))
    assert "Secret plan" not in shown(await town.bob.slash("digest now", every="day", in_=town.channel_id))
    for who in (town.alice, town.bob):
        made = await who.slash("digest mine", every="day", hour=utc_now().hour, in_=town.channel_id)
        assert "to you as a direct message every day" in shown(made)
    await evening.comes()
    for_alice = (await town.alice.inbox())[0]
    [for_bob] = await town.bob.inbox()
    assert for_bob["embeds"][0]["author"]["name"] == "Town"
    assert "Secret plan" in str(for_alice["embeds"])
    assert "Secret plan" not in str(for_bob["embeds"])
    assert "Bridge open" in str(for_bob["embeds"])
    [stop] = for_bob["components"][0]["components"]
    sent = await store.digests.page(stop["custom_id"].partition(":")[2], 0, 9)
    assert sent is not None
    assert await bot.publisher.find_digest(sent) == Done(int(for_bob["id"]))
    unknown = replace(sent, digest=replace(sent.digest, nonce="another"))
    assert await bot.publisher.find_digest(unknown) == Missing()
    assert await bot.publisher.newest_direct_id(int(for_bob["channel_id"])) == int(for_bob["id"])
    ended = await town.bob.click(for_bob, "Stop these digests")
    assert "No more of these digests come to you" in ended.content
    assert not await newsroom.schedules.of_member(int(town.guild_id), int(town.bob.id))
    assert await newsroom.schedules.of_member(int(town.guild_id), int(town.alice.id))


@pytest.mark.refusals(1)
async def test_who_takes_no_direct_messages_is_told_with_their_next_command(
    town: Town, press: Press, evening: Evening, newsroom: Newsroom
) -> None:
    await press.publish("Bridge open")
    await town.bob.slash("digest mine", every="day", hour=utc_now().hour)
    await town.bob.close_direct_messages()
    await evening.comes()
    assert await town.bob.inbox() == []
    [schedule] = await newsroom.schedules.of_member(int(town.guild_id), int(town.bob.id))
    assert schedule.due_at is None
    await town.bob.slash("top")

    async def told() -> bool:
        heard = [event.data.get("content", "") for event in town.bob.events if event.name == "MESSAGE_CREATE"]
        return any("it is paused" in one for one in heard)

    await eventually(told)
    assert "Paused, as you take" in shown(await town.bob.slash("digest list"))


async def test_what_is_over_a_channels_limit_is_in_its_digest(
    town: Town, press: Press, evening: Evening
) -> None:
    await press.queue(*(f"Piece {number}" for number in range(1, 13)), at_most=1)
    await press.deliver()
    assert len(await town.alice.messages(town.channel_id)) == 1
    await evening.comes()
    [digest] = await digests_in(town, town.channel_id)
    [embed] = digest["embeds"]
    assert embed["title"].startswith("The day's other articles · ")
    assert embed["description"].startswith("**1. [Piece 12](https://town.example/12)**\nThe Town Crier\n")
    [short] = embed["fields"]
    assert short["value"] == "- [Piece 2](https://town.example/2) · The Town Crier"
    everything = shown(await town.bob.click(digest, "Show all 11"))
    assert everything.startswith("**The Town Crier**\n- [Piece 12]")
    assert "limit of posts a day" in shown(await town.alice.slash("digest list"))


async def test_wishes_that_can_not_be(town: Town, bot: BroadsheetBot) -> None:
    for wrong, sentence in (
        ({"zone": "Atlantis/Poseidonis"}, "no time zone of this name"),
        ({"every": "week", "day": "someday"}, "no such weekday"),
        ({"every": "month", "day": "32"}, "days 1 to 31"),
    ):
        asked = {"every": "day", **wrong}
        assert sentence in shown(await town.alice.slash("digest schedule", asked))
    found = await town.alice.autocomplete("digest schedule", "zone", "new york", every="day")
    assert [one["value"] for one in found] == ["America/New_York"]
    made = await town.alice.slash(
        "digest schedule", every="week", day="sun", zone="America/New_York", number=3
    )
    assert "every Sunday at 9:00 (America/New_York)" in shown(made)
    await town.deny_bot("send_messages")

    async def heard() -> bool:
        return "lacks **Send Messages**" in shown(await town.alice.slash("digest schedule", every="day"))

    await eventually(heard)
