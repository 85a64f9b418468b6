"""One bot on one database: taken, refused, taken over from the dead, lost."""

# ruff: noqa: F811 - a fixture is asked for by the name that it is imported under

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from bot.newsroom import tenure
from bot.newsroom.tenure import Process, Tenure, TenureProblem
from storage import Database, DatabaseBusy, DatabaseProblem, Lease, Store, TakenOver
from tests.databases import RANKS, database_url, nonces  # noqa: F401 - on PostgreSQL every day, too
from tests.newsroom.channel import NOW

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


async def test_a_bot_that_was_replaced_writes_nothing_more(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "DURATION", tenure.timedelta(hours=1))
    frozen = bot(store, HERE)
    await frozen.take()
    await store.guilds.seen(10, "Harbour Town", NOW)
    elsewhere = await Database.open(database_url)
    successor = Store(elsewhere, ranks=RANKS, nonce=nonces())
    # It can't have run out here: the successor knows that it is dead, and is mistaken.
    await bot(successor, Process("harbour", "pid:[1]", 101), alive=False).take()
    assert frozen.holds(), "it does not know yet"
    with pytest.raises(TakenOver, match="101"):
        await store.guilds.seen(10, "Harbour Village", NOW)
    await successor.guilds.seen(10, "Harbour City", NOW)
    await elsewhere.close()


async def test_one_that_was_frozen_while_it_wrote_is_waited_for(
    store: Store, database: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    frozen = bot(store, HERE)
    await frozen.take()
    elsewhere = await Database.open(database_url, patience=tenure.timedelta(milliseconds=100))
    successor = bot(Store(elsewhere, ranks=RANKS, nonce=nonces()), Process("island", "pid:[2]", 7))
    try:
        async with asyncio.timeout(5), database.writing():
            taking = asyncio.create_task(successor.take())
            while "Waiting for the database" not in caplog.text:
                await asyncio.sleep(0.01)
            assert not taking.done()
        assert (await asyncio.wait_for(taking, 5)).holder == "island|pid:[2]|7"
        assert caplog.text.count("Waiting for the database") == 1
    finally:
        await elsewhere.close()


async def test_one_that_was_frozen_between_preparing_and_doing_is_ended(
    store: Store, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "postgresql" not in database_url:
        pytest.skip("Only PostgreSQL takes a statement that was prepared for one at work.")
    monkeypatch.setattr("storage.database._SILENCE", tenure.timedelta(seconds=1))
    frozen = bot(store, HERE)
    await frozen.take()
    elsewhere = await Database.open(database_url, patience=tenure.timedelta(milliseconds=100))
    successor = bot(Store(elsewhere, ranks=RANKS, nonce=nonces()), Process("island", "pid:[2]", 7))

    async def freeze_until_replaced() -> None:
        async with database.writing() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.prepare("UPDATE leases SET holder = 'nobody'")
            assert (await successor.take()).holder == "island|pid:[2]|7"
            await connection.execute(text("SELECT 1"))

    try:
        async with asyncio.timeout(5):
            with pytest.raises(DatabaseProblem):
                await freeze_until_replaced()
    finally:
        await elsewhere.close()


async def test_a_lease_that_ran_out_unnoticed_is_renewed_where_nobody_else_came(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = bot(store, HERE)
    fence = (await sleeper.take()).fence
    # The machine sleeps for longer than the lease.
    awake = tenure._elapsed
    monkeypatch.setattr(tenure, "_elapsed", lambda: awake() + 0.5)
    assert not sleeper.holds()
    keeping = asyncio.create_task(sleeper.keep())
    async with asyncio.timeout(5):
        while not sleeper.holds():
            await asyncio.sleep(0.01)
    keeping.cancel()
    await store.guilds.seen(10, "Harbour Town", NOW)
    await sleeper.give_back()
    assert (await bot(store, HERE).take()).fence == fence + 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_right_lasts_from_when_it_was_asked_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's answer may take long: it counts from before it, and so must we."""
    now = 0.0
    take, renew = store.leases.take, store.leases.renew

    async def slow_take(*arguments: Any, **options: Any) -> object:
        nonlocal now
        now += 0.3
        return await take(*arguments, **options)

    async def slow_renew(*arguments: Any) -> object:
        nonlocal now
        now += 0.3
        return await renew(*arguments)

    monkeypatch.setattr(tenure, "_elapsed", lambda: now)
    monkeypatch.setattr(store.leases, "take", slow_take)
    monkeypatch.setattr(store.leases, "renew", slow_renew)
    waiting = bot(store, HERE)
    await waiting.take()
    assert waiting.holds()
    now += 0.15
    assert not waiting.holds()
    keeping = asyncio.create_task(waiting.keep())
    async with asyncio.timeout(5):
        while not waiting.holds():
            await asyncio.sleep(0.01)
    keeping.cancel()
    now += 0.15
    assert not waiting.holds()


async def test_a_stop_while_the_database_is_out_of_reach_is_in_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopping = bot(store, HERE)
    await stopping.take()

    async def fail(name: str, lease: Lease) -> None:
        raise DatabaseBusy("It is locked.")

    monkeypatch.setattr(store.leases, "release", fail)
    await stopping.give_back()
    assert "runs out by itself: It is locked." in caplog.text


async def test_a_stop_does_not_wait_for_a_database_that_does_not_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tenure, "GIVE_BACK_WITHIN", tenure.timedelta(milliseconds=20))
    stopping = bot(store, HERE)
    await stopping.take()

    async def hang(name: str, lease: Lease) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(store.leases, "release", hang)
    await asyncio.wait_for(stopping.give_back(), 5)
    assert "not be given back in time" in caplog.text


@pytest.mark.parametrize("holder", ["", "somebody", "a|b", "a|b|c"])
def test_a_holder_of_another_form_is_no_process(holder: str) -> None:
    assert Process.read(holder) is None


def test_a_process_is_read_back() -> None:
    assert Process.read(str(HERE)) == HERE
