"""Channels are told once that a source fails for long, whatever stands in the way of telling them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.newsroom.checks import Checks, NotFollowed, TooSoon
from bot.newsroom.notices import LOOK_EVERY, PATIENCE, Notices
from bot.newsroom.ports import Away, Done, Later, Outcome, Unclear
from bot.newsroom.reads import Polled
from storage import Database, Source, Store
from storage.records import NoticeToTell, SourceFailed, SourceUnchanged
from tests.storage.desk import GUILD, NOW, Desk

DAY = timedelta(days=1)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Town:
    """A desk whose sources fail and recover, channels that note what they are told, and a clock that is moved."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.now = desk, NOW
        self.told: list[tuple[int, str | None]] = []
        self.answer: Callable[[NoticeToTell], Outcome] = lambda _: Done(1)
        self.may_send = True
        self.notices = self.start()

    def start(self) -> Notices:
        return Notices(self.desk.store, self, clock=lambda: self.now, may_send=lambda: self.may_send)

    async def tell(self, notice: NoticeToTell) -> Outcome:
        self.told.append((notice.channel_id, notice.source.problem))
        return self.answer(notice)

    async def fail(self, source: Source, problem: str = "No answer.", *, gone: bool = False) -> None:
        failed = SourceFailed(source.id, problem, None if gone else self.now + DAY)
        await self.desk.store.harvest.store([], self.now, failed=[failed])

    async def recover(self, source: Source) -> None:
        well = SourceUnchanged(source.id, None, None, None, self.now + DAY)
        await self.desk.store.harvest.store([], self.now, unchanged=[well])

    async def later(self, days: float) -> list[int]:
        """Move the clock, look who is to be told; answers the channels that were."""
        self.now += days * DAY
        self.told.clear()
        assert await self.notices.tell_due() == LOOK_EVERY
        return [channel_id for channel_id, _ in self.told]


@pytest.fixture
async def town(database: Database, store: Store) -> Town:
    return Town(Desk(database, store))


async def test_after_three_days_every_channel_is_told_once_and_again_after_a_recovery(town: Town) -> None:
    source, _well = await town.desk.wired(100, 101), await town.desk.wired(100, name="well")
    await town.fail(source)
    assert await town.later(2.9) == []
    await town.fail(source, "Still no answer.")
    assert await town.later(0.2) == [100, 101]
    assert town.told[0] == (100, "Still no answer.")
    town.notices = town.start()
    assert await town.later(30) == [], "also not after a restart"

    await town.recover(source)
    await town.fail(source)
    assert await town.later(2) == []
    assert await town.later(1) == [100, 101]


@on_sqlite
async def test_a_source_that_is_gone_is_told_at_once_and_others_are_not_deleted(town: Town) -> None:
    source = await town.desk.wired(100)
    await town.fail(source, "It is gone for good (410).", gone=True)
    assert await town.later(0) == [100]
    assert len(await town.desk.store.subscriptions.all()) == 1


@on_sqlite
async def test_a_channel_that_can_not_be_written_in_holds_up_nobody_and_is_told_later(town: Town) -> None:
    source = await town.desk.wired(100, 101)
    await town.fail(source)
    town.answer = lambda notice: Away("No permission.") if notice.channel_id == 100 else Done(1)
    assert await town.later(3) == [100, 101]
    assert await town.later(0) == [100]
    town.answer = lambda _: Done(1)
    assert await town.later(0) == [100]
    assert await town.later(0) == []


@on_sqlite
async def test_while_discord_can_not_be_reached_nobody_is_told_and_then_everybody(town: Town) -> None:
    source = await town.desk.wired(100, 101)
    await town.fail(source)
    town.answer = lambda _: Later("Discord can't be reached.")
    assert await town.later(3) == [100], "the others are not even tried"
    town.answer = lambda _: Done(1)
    town.may_send = False
    assert await town.later(0) == []
    town.may_send = True
    assert await town.later(0) == [100, 101]


@on_sqlite
async def test_what_may_have_been_told_is_not_told_again(town: Town) -> None:
    source = await town.desk.wired(100)
    await town.fail(source)
    town.answer = lambda _: Unclear("The connection broke.")
    assert await town.later(3) == [100]
    assert await town.later(1) == []


@on_sqlite
async def test_a_crash_while_telling_does_not_repeat_it(town: Town) -> None:
    source = await town.desk.wired(100)
    await town.fail(source)

    def crash(_: NoticeToTell) -> Outcome:
        raise SystemError("killed")

    town.answer = crash
    with pytest.raises(SystemError):
        await town.later(3)
    town.answer = lambda _: Done(1)
    assert await town.later(0) == []


@on_sqlite
async def test_many_channels_are_told_page_by_page(town: Town) -> None:
    source = await town.desk.wired(*range(100, 170))
    await town.fail(source)
    assert await town.later(PATIENCE / DAY) == list(range(100, 170))


@on_sqlite
async def test_a_source_is_read_on_demand_once_a_minute_by_those_who_follow_it(town: Town) -> None:
    source = await town.desk.wired(100)

    async def poll(asked: Source) -> Polled:
        assert isinstance(await checks.check(GUILD, asked.id), TooSoon), "not twice at once"
        return Polled(asked, articles=2)

    checks = Checks(town.desk.store, poll, clock=lambda: town.now)
    too_soon = await checks.check(GUILD, source.id)
    assert isinstance(too_soon, TooSoon)
    assert too_soon.until == NOW + timedelta(minutes=1)
    town.now = too_soon.until
    polled = await checks.check(GUILD, source.id)
    assert isinstance(polled, Polled)
    assert polled.articles == 2
    assert isinstance(await checks.check(GUILD + 1, source.id), NotFollowed)
