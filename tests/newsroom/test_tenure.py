"""One bot on one database: taken, refused, taken over from the dead, lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.newsroom import tenure
from bot.newsroom.tenure import Process, Tenure, TenureProblem
from storage import Store

HERE = Process("harbour", "pid:[1]", 100)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database's clock can't be moved, so leases are short here."""
    monkeypatch.setattr(tenure, "DURATION", tenure.timedelta(milliseconds=400))
    monkeypatch.setattr(tenure, "RENEW_EVERY", tenure.timedelta(milliseconds=50))
    monkeypatch.setattr(tenure, "LOOK_AGAIN", tenure.timedelta(milliseconds=20))
    return iter(())


def bot(store: Store, process: Process, alive: bool = True) -> Tenure:
    return Tenure(store, process, is_alive=lambda _: alive)


async def test_a_second_bot_is_told_who_runs(store: Store) -> None:
    first, second = bot(store, HERE), bot(store, Process("island", "pid:[2]", 7))
    await first.take()
    keeping = asyncio.create_task(first.keep())
    with pytest.raises(TenureProblem, match="process 100 on harbour"):
        await second.take()
    keeping.cancel()


async def test_a_bot_that_stopped_in_order_is_replaced_at_once(store: Store) -> None:
    first = bot(store, HERE)
    fence = (await first.take()).fence
    await first.give_back()
    assert (await bot(store, Process("island", "", 7)).take()).fence > fence


async def test_a_bot_that_died_on_this_machine_is_replaced_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "DURATION", tenure.timedelta(hours=1))
    await bot(store, HERE).take()
    successor = Process("harbour", "pid:[1]", 101)
    lease = await asyncio.wait_for(bot(store, successor, alive=False).take(), 5)
    assert lease.holder == str(successor)


async def test_a_bot_that_fell_silent_elsewhere_is_replaced_when_its_lease_has_run_out(store: Store) -> None:
    silent = bot(store, HERE)
    await silent.take()
    elsewhere = Process("island", "pid:[1]", 100)
    lease = await asyncio.wait_for(bot(store, elsewhere, alive=False).take(), 5)
    assert lease.holder == str(elsewhere)
    with pytest.raises(TenureProblem, match="taken this database over"):
        await silent.keep()


@pytest.mark.parametrize("holder", ["", "somebody", "a|b", "a|b|c"])
def test_a_holder_of_another_form_is_no_process(holder: str) -> None:
    assert Process.read(holder) is None


def test_a_process_is_read_back() -> None:
    assert Process.read(str(HERE)) == HERE
