"""The sandbox's clock: calls come in their order, each at its own time, by the wall's hand or a test's."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.clock import Clock

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Book:
    """Writes down what was called, and how many seconds after noon."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lines: list[tuple[str, float]] = []

    def write(self, what: str) -> None:
        self.lines.append((what, (self.clock.now() - NOON).total_seconds()))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock whose wall stands still at noon: only `advance` moves it."""
    clock = Clock(wall=lambda: NOON)
    yield clock
    clock.close()


@pytest.fixture
def book(clock: Clock) -> Book:
    return Book(clock)


def test_it_goes_with_the_wall_as_far_ahead_as_it_was_moved() -> None:
    wall = [NOON]
    clock = Clock(wall=lambda: wall[0])
    clock.advance(60)
    wall[0] += timedelta(seconds=5)
    assert clock.now() == NOON + timedelta(seconds=65)
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=1)


async def test_moving_it_makes_the_calls_that_came_due_in_order_each_at_its_own_time(
    clock: Clock, book: Book
) -> None:
    for name, seconds in (("late", 30), ("early", 10), ("never", 90), ("as late", 30)):
        clock.call_later(seconds, lambda name=name: book.write(name))
    clock.advance(60)
    assert book.lines == [("early", 10), ("late", 30), ("as late", 30)]
    assert clock.now() == NOON + timedelta(seconds=60)
    clock.advance(30)
    assert book.lines[3:] == [("never", 90)]


async def test_a_call_that_sets_timers_gets_those_on_the_way_too(clock: Clock, book: Book) -> None:
    def tick() -> None:
        book.write("tick")
        clock.call_later(20, tick)

    clock.call_later(20, tick)
    clock.advance(70)
    assert book.lines == [("tick", 20), ("tick", 40), ("tick", 60)]
    assert clock.now() == NOON + timedelta(seconds=70)


async def test_what_is_called_off_is_not_called_and_holds_nobody_up(clock: Clock, book: Book) -> None:
    first = clock.call_later(1, lambda: book.write("first"))
    second = clock.call_later(2, lambda: book.write("second"))
    # A call may call off what is due at the same moment.
    clock.call_later(3, lambda: third.cancel())
    third = clock.call_later(3, lambda: book.write("third"))
    first.cancel()
    assert (first.waits, second.waits) == (False, True)
    clock.advance(5)
    assert book.lines == [("second", 2)]
    assert not second.waits
    second.cancel()
    assert book.lines == [("second", 2)]


async def test_a_step_back_is_refused_and_moves_nothing(clock: Clock, book: Book) -> None:
    clock.call_later(1, lambda: book.write("due"))
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-0.001)
    assert clock.now() == NOON
    assert book.lines == []


async def test_it_goes_no_further_than_discords_ids(clock: Clock, book: Book) -> None:
    clock.call_later(1, lambda: book.write("due"))
    for seconds in (1e300, 54 * 366 * 86_400):
        with pytest.raises(ValueError, match="2080"):
            clock.advance(seconds)
    assert (clock.now(), book.lines) == (NOON, [])


async def test_a_call_that_fails_on_a_move_holds_up_no_later_one() -> None:
    clock, later = Clock(), asyncio.Event()
    clock.call_later(5, lambda: 1 / 0)
    clock.call_later(5.01, later.set)
    with pytest.raises(ZeroDivisionError):
        clock.advance(6)
    await asyncio.wait_for(later.wait(), 5)
    clock.close()


async def test_a_closed_clock_has_forgotten_its_timers() -> None:
    clock, rung = Clock(), []
    clock.call_later(0.001, lambda: rung.append("closed"))
    clock.close()
    clock.advance(10)
    other, later = Clock(), asyncio.Event()
    other.call_later(0.01, later.set)
    await asyncio.wait_for(later.wait(), 5)
    assert rung == []


async def test_it_rings_by_itself_when_the_walls_time_has_come() -> None:
    clock, rung, done = Clock(), [], asyncio.Event()
    clock.call_later(0.02, done.set)
    clock.call_later(0.01, lambda: rung.append("first"))
    clock.call_at(clock.now() - timedelta(hours=1), lambda: rung.append("long ago"))
    clock.call_later(0, lambda: 1 / 0).cancel()
    assert rung == [], "A moment that has passed is not called on the spot."
    await asyncio.wait_for(done.wait(), 5)
    assert rung == ["long ago", "first"]
    clock.close()


async def test_what_is_left_after_a_move_passes_with_the_wall() -> None:
    clock, done = Clock(), asyncio.Event()
    clock.call_later(3600, done.set)
    clock.advance(3599.99)
    assert not done.is_set()
    await asyncio.wait_for(done.wait(), 5)
    clock.close()
