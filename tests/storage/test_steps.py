"""SQLite's driver in fewer steps: what a transaction is, and that its statements still come to what they come to."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.steps import StepwiseConnection

PATIENCE = timedelta(milliseconds=20)


class Counting(StepwiseConnection):
    """Counts the ways to the driver's thread and back."""

    steps = 0
    on_step: Callable[[int], None] = staticmethod(lambda _: None)

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self.steps += 1
        self.on_step(self.steps)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]


@pytest.fixture
async def driver(tmp_path: Path) -> AsyncIterator[Counting]:
    path = tmp_path / "steps.db"
    connection = Counting(lambda: sqlite3.connect(path, isolation_level=None, timeout=0), PATIENCE)
    await connection
    await connection.cursor().execute("CREATE TABLE ports (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    connection.steps = 0
    yield connection
    await connection.close()


async def _names(driver: StepwiseConnection) -> list[str]:
    return [name for (name,) in await (await driver.cursor().execute("SELECT name FROM ports")).fetchall()]


async def test_a_transaction_of_two_statements_takes_three_steps(driver: Counting) -> None:
    driver.begin("BEGIN IMMEDIATE")
    async with driver.cursor() as cursor:
        await cursor.execute("INSERT INTO ports (name) VALUES (?)", ("Kiel",))
        assert (cursor.rowcount, cursor.lastrowid, cursor.description) == (1, 1, None)
        assert driver.in_transaction
        await cursor.execute("SELECT id, name FROM ports")
        assert [column[0] for column in cursor.description] == ["id", "name"]
        assert list(await cursor.fetchall()) == [(1, "Kiel")]
    await driver.commit()
    await driver.rollback()  # as the pool does it when a connection comes back
    assert (driver.steps, driver.in_transaction) == (3, False)
    assert await _names(driver) == ["Kiel"]


async def test_a_statement_that_fails_leaves_a_transaction_to_be_rolled_back(driver: Counting) -> None:
    driver.begin("BEGIN")
    await driver.cursor().executemany("INSERT INTO ports (name) VALUES (?)", [("Kiel",), ("Cork",)])
    with pytest.raises(sqlite3.IntegrityError):
        await driver.cursor().execute("INSERT INTO ports (name) VALUES ('Kiel')")
    assert driver.in_transaction
    await driver.rollback()
    assert not driver.in_transaction
    assert await _names(driver) == []


async def test_a_transaction_that_cannot_begin_is_none(driver: Counting, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "steps.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        driver.begin("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await driver.cursor().execute("INSERT INTO ports (name) VALUES ('Kiel')")
        await driver.rollback()
    finally:
        other.close()
    assert await _names(driver) == []


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN"])
async def test_a_lock_that_ends_in_time_is_waited_for(driver: Counting, tmp_path: Path, begin: str) -> None:
    other = sqlite3.connect(tmp_path / "steps.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    driver.on_step = lambda step: other.rollback() if step == 2 else None
    driver.begin(begin)
    await driver.cursor().execute("INSERT INTO ports (name) VALUES ('Kiel')")
    await driver.commit()
    other.close()
    assert await _names(driver) == ["Kiel"]


async def test_a_transaction_without_a_statement_takes_no_step(driver: Counting) -> None:
    driver.begin("BEGIN IMMEDIATE")
    await driver.commit()
    driver.begin("BEGIN IMMEDIATE")
    await driver.rollback()
    assert driver.steps == 0
    await _names(driver)
    assert not driver.in_transaction  # neither begin was left for what comes after
