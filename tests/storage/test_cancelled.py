"""What is left behind by a transaction whose task was cancelled: nothing."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import Database


@pytest.fixture
def _no_collection() -> Iterator[None]:
    """Garbage stays where it is: a bot at rest collects it after minutes."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collection")
async def test_a_cancelled_write_leaves_the_file_to_others(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/a.db", patience=timedelta(seconds=0.2))
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE words (word)"))
        await connection.execute(text("INSERT INTO words VALUES ('a'), ('b'), ('c')"))
    begun = asyncio.Event()

    async def read_on_and_on() -> None:
        async with database.writing() as connection:
            while True:  # a statement that was begun, and has rows left, is what would keep the lock
                begun.set()
                (await connection.execute(text("SELECT * FROM words"))).all()

    ends = []
    for turns in range(12):
        begun.clear()
        task = asyncio.create_task(read_on_and_on())
        await begun.wait()
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        task.cancel()
        ends += await asyncio.gather(task, return_exceptions=True)
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO words VALUES ('d')"))
    assert all(isinstance(end, asyncio.CancelledError) for end in ends)
    await database.close()


async def test_a_write_that_waits_for_another_programs_lock_can_be_broken_off(tmp_path: Path) -> None:
    """A bot is killed ten seconds after it was told to stop: as long as it would wait for the lock."""
    database = await Database.open(f"sqlite:///{tmp_path}/a.db", patience=timedelta(seconds=30))
    await database.migrate()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.writing() as connection:
            await connection.execute(text("DELETE FROM leases"))

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await write()
    await database.close()
    assert time.monotonic() - began < 5
    other.close()
