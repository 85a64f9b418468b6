"""A whole bot where a channel can't be used, where it is too late for a card, and where it is told to stop."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.app import run_app
from bot.config import Settings
from bot.newsroom import tenure
from bot.newsroom.tenure import TenureProblem
from bot.process import this_process
from bot.sandbox import Sandbox
from bot.sandbox.faults import Hang, SlowBody
from storage import Database, Lease, TakenOver, schema
from storage.leases import Leases
from tests.journey.broadsheet import broadsheet, eventually
from tests.journey.conftest import Town
from tests.journey.test_journey import card, posted
from tests.press import Press

SEND_MESSAGES = 1 << 11


async def titles(town: Town) -> list[str]:
    """What stands in the channel, the oldest first."""
    messages = await town.bob.messages(town.channel_id, limit=100)
    return [embed["title"] for message in reversed(messages) for embed in message["embeds"]]


async def waits_for_its_channel(settings: Settings, count: int, state: str = "ready") -> None:
    """Return once so many posts of a channel that is away stand there."""
    database = await Database.open(settings.database_url)

    async def waiting() -> int:
        async with database.reading() as connection:
            found = await connection.exec_driver_sql(
                "SELECT count(*) FROM posts JOIN away_channels ON away_channels.channel_id = posts.channel_id "
                f"WHERE posts.state = '{state}'"
            )
            return int(found.scalar_one())

    await eventually(waiting, lambda found: found == count)
    await database.close()


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
async def test_a_channel_that_was_away_goes_on_at_once_and_what_is_late_comes_as_a_digest(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings
) -> None:
    alice, channel, application = town.alice, town.channel_id, town.application
    async with broadsheet(settings):
        await alice.slash("subscribe", url=press.feed_url, in_=channel)
        await card(town, "Old bridge reopens")
        await alice.overwrite(channel, application, deny=SEND_MESSAGES, member=True)
        press.publish("Ferry runs at night")
        await waits_for_its_channel(settings, 1)
        await alice.overwrite(channel, application, deny=0, member=True)
        await card(town, "Ferry runs at night")

        await alice.overwrite(channel, application, deny=SEND_MESSAGES, member=True)
        press.publish("Fog in the harbour")
        press.publish("Fog lifts")
        await waits_for_its_channel(settings, 2)
        database = await Database.open(settings.database_url)
        async with database.writing() as connection:
            await connection.exec_driver_sql("UPDATE posts SET expires_at = created_at")
        await database.close()
        await waits_for_its_channel(settings, 2, "gathered")
        await alice.overwrite(channel, application, deny=0, member=True)

        async def look() -> list[dict[str, Any]]:
            return [one for one in await town.bob.messages(channel) if "Fog lifts" in str(one["embeds"])]

        (digest,) = await eventually(look, bool)
        assert "Fog in the harbour" in str(digest["embeds"])
    assert posted(sandbox, channel) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_bot_that_was_replaced_ends_with_a_sentence(
    town: Town, press: Press, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "RENEW_EVERY", timedelta(milliseconds=200))
    database = await Database.open(settings.database_url)

    async def until_it_is_replaced() -> None:
        async with broadsheet(settings) as running:

            async def answers() -> bool:
                try:
                    return bool(await running.get("/healthz"))
                except aiohttp.ClientError:
                    return False

            holder, hour = str(this_process()), timedelta(hours=1)
            await Leases(database).take(tenure.NAME, "elsewhere|1|1", hour, instead_of=holder)
            await eventually(answers, lambda up: not up)

    with pytest.raises((TenureProblem, TakenOver), match="Another Broadsheet"):
        await until_it_is_replaced()
    await database.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_newer_bot_leaves_the_tables_alone_while_an_older_one_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "LOOK_AGAIN", timedelta(milliseconds=10))
    database = await Database.open(settings.database_url)
    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade, "0003")
    older = await Leases(database).take(tenure.NAME, "harbour|1|1", timedelta(seconds=20))
    assert isinstance(older, Lease)

    async def renew() -> None:
        while await Leases(database).renew(tenure.NAME, older, timedelta(seconds=20)):
            await asyncio.sleep(0.01)

    renewing = asyncio.create_task(renew())
    with pytest.raises(TenureProblem, match="process 1 on harbour"):
        await run_app(settings, asyncio.Event(), announce=lambda _: None)
    renewing.cancel()
    await asyncio.wait((renewing,))
    async with database.reading() as connection:
        assert await connection.run_sync(schema.current) == "0003"
    await database.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_lease_does_not_run_out_while_the_tables_are_brought_up_to_date(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "RENEW_EVERY", timedelta(milliseconds=20))
    database, stop = await Database.open(settings.database_url), asyncio.Event()

    async def ends_at() -> str:
        async with database.reading() as connection:
            found = await connection.exec_driver_sql("SELECT expires_at FROM leases")
            return str(found.scalar_one())

    async def takes_long(_: Database) -> None:
        """Until the lease was renewed; then the bot is told to stop, and does not wait for the end."""
        first = await ends_at()
        await eventually(ends_at, lambda found: found != first)
        stop.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Database, "migrate", takes_long)
    async with asyncio.timeout(20):
        await run_app(settings, stop, announce=lambda _: None)
    second = await Leases(database).take(tenure.NAME, "harbour|1|1", timedelta(seconds=20))
    assert isinstance(second, Lease), "it was given back"
    await database.close()


# Every day without a whole bot, in tests/newsroom.
@pytest.mark.thorough
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("failure", "at_most"),
    [
        pytest.param(SlowBody(1.0), 5.0, id="an answer that comes late is waited for"),
        pytest.param(Hang(), 10.0, id="one that never comes is not"),
    ],
)
async def test_a_stop_ends_what_is_in_flight_and_leaves_nothing_half_done(
    sandbox: Sandbox, town: Town, press: Press, settings: Settings, failure: SlowBody | Hang, at_most: float
) -> None:
    async with broadsheet(settings):
        await town.alice.slash("subscribe", url=press.feed_url)
        await card(town, "Old bridge reopens")
        sandbox.faults.next("POST", f"/channels/{town.channel_id}/messages", failure, when="after")
        press.publish("Slow news")
        await card(town, "Slow news")
        told_at = time.monotonic()
    assert time.monotonic() - told_at < at_most
    database = await Database.open(settings.database_url)
    async with database.reading() as connection:
        states = await connection.exec_driver_sql("SELECT state FROM posts ORDER BY id")
        assert states.scalars().all() == ["sent", "sent" if isinstance(failure, SlowBody) else "sending"]
    await database.close()
    async with broadsheet(settings):
        press.publish("And on")
        await card(town, "And on", 20)
    assert await titles(town) == ["Old bridge reopens", "Slow news", "And on"]
    assert posted(sandbox, town.channel_id) == 3
