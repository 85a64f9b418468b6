"""What may have been missed is read until it was read; nothing twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from typing import Any

import pytest

from bot.newsroom.gaps import Gaps
from bot.newsroom.mirror import Reconciled

SOON = timedelta(milliseconds=1)


class Reading:
    """A reconciler of which a test says what it answers; `asked` are guilds and channels of each run."""

    def __init__(self) -> None:
        self.asked: list[tuple[set[int], set[int]]] = []
        self.answers: list[Reconciled | Exception] = []
        self.going = asyncio.Event()
        self.going.set()
        self.done = asyncio.Event()

    async def run(
        self, reader: object, guild_ids: Collection[int], channel_ids: Collection[int]
    ) -> Reconciled:
        self.asked.append((set(guild_ids), set(channel_ids)))
        await self.going.wait()
        answer = self.answers.pop(0) if self.answers else Reconciled()
        if not self.answers:
            self.done.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
async def gaps(reading: Reading) -> AsyncIterator[Gaps]:
    nobody: Any = None
    gaps = Gaps(reading, nobody, look_again=SOON)  # type: ignore[arg-type]
    yield gaps
    await gaps.close()


async def all_read(reading: Reading) -> None:
    async with asyncio.timeout(5):
        await reading.done.wait()
    await asyncio.sleep(0.02)  # a run too many would come by then


async def test_a_channel_that_cannot_be_read_is_tried_again_alone(gaps: Gaps, reading: Reading) -> None:
    reading.answers = [Reconciled(unreadable={20, 21}), Reconciled(unreadable={21}), Reconciled()]
    gaps.begin({1, 2})
    await all_read(reading)
    assert reading.asked == [({1, 2}, set()), (set(), {20, 21}), (set(), {21})]
    assert gaps.unread == 0


async def test_a_reading_that_fails_whole_is_repeated_whole(gaps: Gaps, reading: Reading) -> None:
    reading.answers = [Reconciled(unreadable={20}), RuntimeError("The database is away."), Reconciled()]
    gaps.begin({1})
    await all_read(reading)
    assert reading.asked == [({1}, set()), (set(), {20}), (set(), {20})]


async def test_gaps_that_come_while_one_is_read_are_read_together(gaps: Gaps, reading: Reading) -> None:
    reading.going.clear()
    reading.answers = [Reconciled(), Reconciled()]
    gaps.begin({1})
    await asyncio.sleep(0)
    gaps.begin({2})
    gaps.begin(channel_ids={30})
    gaps.begin({2, 3})
    reading.going.set()
    await all_read(reading)
    assert reading.asked == [({1}, set()), ({2, 3}, {30})]


async def test_a_new_gap_does_not_wait_for_what_could_not_be_read() -> None:
    reading = Reading()
    nobody: Any = None
    gaps = Gaps(reading, nobody, look_again=timedelta(hours=1))  # type: ignore[arg-type]
    reading.answers = [Reconciled(unreadable={20})]
    gaps.begin({1})
    await all_read(reading)
    assert gaps.unread == 1
    reading.done.clear()
    reading.answers = [Reconciled()]
    gaps.begin({2})
    await all_read(reading)
    assert reading.asked == [({1}, set()), ({2}, {20})]
    await gaps.close()


async def test_what_stays_unreadable_is_tried_ever_more_seldom() -> None:
    reading = Reading()
    nobody: Any = None
    gaps = Gaps(reading, nobody, look_again=timedelta(milliseconds=4))  # type: ignore[arg-type]
    reading.answers = [*[Reconciled(unreadable={20})] * 5, Reconciled()]
    loop = asyncio.get_running_loop()
    began = loop.time()
    gaps.begin({1})
    async with asyncio.timeout(5):
        await reading.done.wait()
    assert loop.time() - began > 0.001 * (4 + 8 + 16 + 32 + 64 - 5)
    await gaps.close()


async def test_after_the_end_nothing_is_read(gaps: Gaps, reading: Reading) -> None:
    await gaps.close()
    gaps.begin({1})
    await asyncio.sleep(0.02)
    assert reading.asked == []


async def test_nothing_to_read_begins_nothing(gaps: Gaps, reading: Reading) -> None:
    gaps.begin()
    await asyncio.sleep(0.02)
    assert reading.asked == []
