"""Turns at a host, and the one timer that ends what takes too long."""

import asyncio

import pytest

from bot.feeds.turns import Deadlines, Turns


async def test_who_comes_second_waits_and_who_gives_up_holds_up_nobody() -> None:
    turns, order = Turns(1), list[str]()

    async def ask(name: str, done: asyncio.Event) -> None:
        await turns.take("example.org")
        order.append(name)
        await done.wait()
        turns.leave("example.org")

    done = asyncio.Event()
    tasks = [asyncio.create_task(ask(name, done)) for name in ("first", "second", "third")]
    await turns.take("elsewhere.example")
    await asyncio.sleep(0)
    assert order == ["first"]
    tasks[1].cancel()
    await asyncio.sleep(0)
    done.set()
    await asyncio.wait(tasks)
    assert order == ["first", "third"]


async def test_a_turn_that_is_handed_to_somebody_who_is_just_cancelled_goes_on_to_the_next() -> None:
    turns, order = Turns(1), list[str]()

    async def ask(name: str) -> None:
        await turns.take("example.org")
        order.append(name)
        turns.leave("example.org")

    await turns.take("example.org")
    second, third = asyncio.create_task(ask("second")), asyncio.create_task(ask("third"))
    await asyncio.sleep(0)
    turns.leave("example.org")
    second.cancel()
    await asyncio.wait([second, third])
    assert order == ["third"]


async def test_each_ends_at_its_own_deadline() -> None:
    deadlines, late = Deadlines(), list[float]()

    async def work(seconds: float) -> None:
        with pytest.raises(TimeoutError), deadlines.within(seconds) as deadline:
            await asyncio.Event().wait()
        assert deadline.passed
        late.append(seconds)

    with deadlines.within(10):
        await asyncio.gather(work(0.03), work(0.01), work(-1))
    assert late == [-1, 0.01, 0.03]
    deadlines.close()


async def test_a_cancellation_from_elsewhere_is_no_timeout() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        with deadlines.within(10):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    deadlines.close()
