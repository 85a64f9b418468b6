"""A whole bot and a digest: it comes once, with the right articles in their order, wherever the bot was killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.app import new_nonce
from bot.config import Settings
from bot.newsroom import scheduled
from bot.newsroom.digest_times import due
from bot.newsroom.ranking import RANKS
from bot.newsroom.scheduled import DigestRound
from storage import Database, PostState, Store
from storage.tables import digest_schedules, digests, standings
from tests.journey.broadsheet import broadsheet, eventually
from tests.journey.conftest import Town
from tests.journey.test_journey import card
from tests.press import Press


class Everyone:
    """All see the town's channel."""

    def __init__(self, channel_id: str) -> None:
        self._seen = frozenset({int(channel_id)})

    async def visible(self, guild_id: int, channel_id: int, member_id: int | None) -> frozenset[int]:
        return self._seen


# Every day smaller ones show it: tests/newsroom/test_scheduled.py, tests/discord/test_digests.py.
@pytest.mark.thorough
async def test_a_digest_comes_once_wherever_the_bot_is_killed(
    town: Town, press: Press, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduled, "LOOK_EVERY", timedelta(milliseconds=200))
    best = (await town.alice.create_channel(town.guild_id, "best-of"))["id"]

    async def came() -> list[dict[str, Any]]:
        return [one for one in await town.bob.messages(best) if one["embeds"]]

    async with broadsheet(settings) as running:
        await town.alice.slash("subscribe", url=press.feed_url, in_=town.channel_id)
        await card(town, "Old bridge reopens")
        press.publish("Ferry runs at night")
        ferry = await card(town, "Ferry runs at night")
        await town.bob.react(ferry, "👍")
        made = await town.alice.slash(
            "digest schedule", every="day", channel=best, hour=7, in_=town.channel_id
        )
        assert "A digest comes into" in made.content
        await eventually(lambda: running.articles(town.guild_id), lambda found: found[0]["score"] == 1)

    database = await Database.open(settings.database_url)
    store = Store(database, ranks=RANKS, nonce=new_nonce)
    now = datetime.now(UTC)
    [schedule] = await store.schedules.of_guild(int(town.guild_id))
    period = due(schedule, now)

    async def a_day_passes() -> None:
        async with database.writing() as connection:
            await connection.execute(update(standings).values(posted_at=period.until - timedelta(hours=1)))
            await connection.execute(update(digest_schedules).values(until=period.since, due_at=period.until))

    await a_day_passes()
    sight = Everyone(town.channel_id)
    round_ = DigestRound(store, sight, clock=lambda: now, may_send=lambda: True, on_posts=lambda: None)
    await round_.write_due()  # and it is killed, before anything is sent
    assert await came() == []

    async with broadsheet(settings):
        [digest] = await eventually(came, bool)
    text = digest["embeds"][0]["description"]
    assert 0 < text.index("Ferry runs at night") < text.index("Old bridge reopens")

    async with database.writing() as connection:  # it was killed before it heard that the digest had arrived
        unheard = {"state": PostState.SENDING, "message_id": None, "sent_at": None, "after_id": 0}
        await connection.execute(update(digests).values(unheard))

    async def is_known() -> bool:
        async with database.reading() as connection:
            found = await connection.execute(digests.select())
            return [row.message_id for row in found] == [int(digest["id"])]

    async with broadsheet(settings):
        await eventually(is_known, bool)
        assert len(await came()) == 1
        await a_day_passes()
        await eventually(came, lambda messages: len(messages) == 2)
    await database.close()
