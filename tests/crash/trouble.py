"""Trouble with the database, made by the database itself: locked, full, gone, an answer to a commit that is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event

from storage import Database

# Rows of these are written by all that delivers and mirrors.
TABLES = "articles, posts, standings, comments, reactions"
# How long the bot's connections wait for a lock, in seconds of the wall: a case need not wait for ten.
PATIENCE = 1.0
FOREVER = 1_073_741_823
# What the bot's connections call themselves at PostgreSQL; the harness's own are spared.
NAME = "a life of the bot"


class Trouble:
    """Trouble with the database of a life, for `seconds` of the wall once begun."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._kind: str | None = None
        self._until = 0.0
        self._making: asyncio.Task[None] | None = None

    @property
    def _sqlite(self) -> Path | None:
        return Path(self._url.removeprefix("sqlite:///")) if self._url.startswith("sqlite") else None

    async def prepare(self, database: Database) -> None:
        """Have the life's connections to PostgreSQL wait for a lock no longer than PATIENCE; SQLite's do."""
        engine = database._engine
        if self._sqlite is not None:
            return

        @event.listens_for(engine.sync_engine, "connect")
        def limit(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            cursor.execute(f"SET lock_timeout = {int(PATIENCE * 1000)}")
            cursor.execute(f"SET application_name = '{NAME}'")
            cursor.close()
            connection.commit()

        await engine.dispose()  # the one that looked at the version is made anew

    async def begin(self, kind: str) -> None:
        """Let trouble be, from now on."""
        self._kind = kind
        loop = asyncio.get_running_loop()
        if kind == "locked":
            locked = asyncio.Event()
            self._making = asyncio.create_task(self._lock(locked))
            await locked.wait()
        elif kind == "gone":
            self._making = asyncio.create_task(self._terminate())
        elif kind != "lost":
            loop.call_later(self._seconds * _speed(), self._over)

    def _over(self) -> None:
        self._kind = None

    async def strike(self, connection: Any) -> None:
        """Called at the end of each transaction that writes, before its commit: fails it where it has to fail."""
        match self._kind:
            case "full" if self._sqlite is not None:
                # The database's own: the file may not grow, and the transaction has to.
                await connection.exec_driver_sql("PRAGMA max_page_count = 1")
                try:
                    await connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(4000000)")
                finally:
                    # On the driver's connection: the transaction is broken for SQLAlchemy by now.
                    raw = await connection.get_raw_connection()
                    cursor = await raw.driver_connection.execute(f"PRAGMA max_page_count = {FOREVER}")
                    await cursor.close()
            case "full":
                await connection.exec_driver_sql(
                    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' "
                    "USING ERRCODE = '53100'; END $$"
                )
            case "lost":
                self._over()
                raw = await connection.get_raw_connection()
                with suppress(asyncpg.PostgresError, OSError):
                    await raw.driver_connection.execute("COMMIT")
                    await raw.driver_connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def _lock(self, locked: asyncio.Event) -> None:
        """Hold what another program would hold: SQLite's lock of the file, or the tables of PostgreSQL."""
        try:
            if self._sqlite is not None:
                other = sqlite3.connect(self._sqlite, timeout=0, isolation_level=None)
                while True:
                    try:
                        other.execute("BEGIN IMMEDIATE")
                        break
                    except sqlite3.OperationalError:
                        await asyncio.sleep(0.05)
                locked.set()
                try:
                    await asyncio.sleep(self._seconds * _speed())
                finally:
                    other.rollback()
                    other.close()
            else:
                connection = await asyncpg.connect(self._url)
                try:
                    async with connection.transaction():
                        await connection.execute(f"LOCK TABLE {TABLES} IN ACCESS EXCLUSIVE MODE")
                        locked.set()
                        await asyncio.sleep(self._seconds * _speed())
                finally:
                    await connection.close()
        finally:
            locked.set()

    async def _terminate(self) -> None:
        """End all connections of the life again and again, as a server does that is being restarted."""
        connection = await asyncpg.connect(self._url)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds * _speed()
        try:
            while loop.time() < until:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                    f"AND application_name = '{NAME}'"
                )
                await asyncio.sleep(0.02 * _speed())
        finally:
            await connection.close()

    async def end(self) -> None:
        """Let all be well."""
        self._kind = None
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)


def _speed() -> float:
    return float(getattr(asyncio.get_running_loop(), "_speed", 1.0))
