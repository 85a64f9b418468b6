"""One database, opened: its engine, its transactions, its schema. Everything else here goes through it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, event, func, literal, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage import schema
from storage.address import PostgresqlAddress, SqliteAddress, read_address
from storage.problems import DatabaseProblem, TakenOver, driver_errors, problem
from storage.records import Lease
from storage.steps import StepwiseConnection
from storage.tables import leases

# PostgreSQL ends a transaction whose program has fallen silent in it, so that its locks hold up nobody for longer:
# less than the bot's lease, so that whoever follows a frozen bot finds none.
_SILENCE: Final = timedelta(seconds=15)

# SQLite's wait for another program's lock can't be broken off: a bot that is told to stop waits no longer than this.
# The connection waits again until the database's patience is at its end.
_ONE_WAIT: Final = timedelta(milliseconds=200)

# How many read from SQLite at once, beside the one that writes.
_READERS: Final = 4


@dataclass(frozen=True, slots=True)
class Fence:
    """The lease, by its name, under which a program writes: once it is another's, nothing is written any more."""

    name: str
    lease: Lease


class DatabaseMissing(DatabaseProblem):
    """There is no database file yet, but there can be one; the message is a sentence for the operator."""


class Database:
    """An open database. Make one with `open`; `close` it at the end."""

    def __init__(self, engine: AsyncEngine, where: str, patience: timedelta, *, writer: AsyncEngine) -> None:
        self._engine = engine
        self._patience = patience
        self._writes = writer.execution_options(broadsheet_writes=True)
        self._writes_little = self._writes.execution_options(broadsheet_little=True)
        self.where = where
        """The database's name for people, without a password."""
        self.fence: Fence | None = None
        """What every writing transaction is held against; None where no lease is needed to write."""
        # SQLite has one writer: in this process they queue here, in order, instead of polling the file's lock.
        self._writer: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    @classmethod
    async def open(
        cls, url: str, *, patience: timedelta = timedelta(seconds=10), make: bool = True
    ) -> Database:
        """Open the database at `url`, making SQLite's folder and file; it may still have to be migrated.

        What is made is its owner's alone: it holds what members wrote. With `make` off nothing is made or changed, and
        DatabaseMissing is raised where SQLite's file is not there yet.
        `patience` is how long to wait for a connection and for another program's lock. Raises DatabaseProblem
        with a sentence for the operator when it cannot be opened, or when a newer program has migrated it.
        """
        address = read_address(url)
        if isinstance(address, SqliteAddress):
            await asyncio.to_thread(_make_file if make else _look_for_file, address)
            mode = "rwc" if make else "rw"
            # A connection of its own: each that writes fills a cache, and voids those of all others. A database in
            # memory lives in its one connection.
            writer = _sqlite_engine(address, patience, mode)
            engine = _sqlite_engine(address, patience, mode, readers=_READERS) if address.path else writer
        else:
            writer = engine = _postgresql_engine(address, patience)
        database = cls(engine, address.where, patience, writer=writer)
        try:
            async with database.reading() as connection:
                version = await connection.run_sync(schema.current)
        except BaseException:
            await database.close()
            raise
        if version is not None and not schema.known(version):
            await database.close()
            raise DatabaseProblem(
                f"The database {address.where} was prepared by a newer Broadsheet (version {version} of its tables, "
                f"this one knows {schema.newest()}). Run the newer one, or restore the backup from before."
            )
        return database

    async def close(self) -> None:
        """Close all connections."""
        try:
            await self._engine.dispose()
        finally:
            await self._writes.dispose()

    async def migrate(self) -> None:
        """Bring the schema to the newest version, all of it or nothing."""
        async with self.writing(fenced=False) as connection:
            await connection.run_sync(schema.upgrade)

    async def is_prepared(self) -> bool:
        """Answer whether there are tables, of whichever version."""
        async with self.reading() as connection:
            return await connection.run_sync(schema.current) is not None

    async def is_current(self) -> bool:
        """Answer whether the schema is the one this program was written for."""
        async with self.reading() as connection:
            return await connection.run_sync(schema.current) == schema.newest()

    async def ping(self) -> None:
        """Ask the database for an answer; raises DatabaseProblem when there is none."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection in a transaction that only reads."""
        return self._transaction(self._engine)

    @asynccontextmanager
    async def writing(
        self, *, fenced: bool = True, changes_little: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that writes: committed at the end, rolled back on any exception.

        Raises TakenOver where there is a fence and its lease is another's by now. Until the transaction has ended,
        nobody else takes the lease: so a bot that was frozen at any point writes nothing once it was replaced.
        With `changes_little` each of its statements changes some megabytes at most: SQLite then keeps in memory what it
        would undo one by, where in a file that takes twice as many writes as the change itself.
        """
        async with (
            self._writer,
            self._transaction(self._writes_little if changes_little else self._writes) as connection,
        ):
            if fenced and self.fence is not None:
                await self._hold(self.fence, connection)
            elif connection.dialect.name == "postgresql":
                await connection.execute(select(_LIMIT_SILENCE))
            yield connection

    async def end_silent(self, connection: AsyncConnection) -> None:
        """Have PostgreSQL end the sessions of frozen bots that hold on to the lease; nothing to do on SQLite.

        Its own limit of silence does not count while a statement was prepared and not yet carried out: to the server
        that one is at work, and waits for its program. Such a session is ended here, by its signs: at work, waiting
        for its program for longer than the limit, and with a lock on the leases. From then on this transaction waits
        for another's lock no longer than the database's patience, so that its caller can look again.
        """
        if connection.dialect.name == "postgresql":
            silence, patience = int(_SILENCE.total_seconds()), int(self._patience.total_seconds() * 1000)
            await connection.execute(_END_SILENT, {"silence": silence, "patience": str(patience)})

    async def _hold(self, fence: Fence, connection: AsyncConnection) -> None:
        """See that the lease is still the fence's, and have whoever wants to take it wait for the transaction.

        Renewing it does not wait: of PostgreSQL's locks this is the one that goes together with that.
        """
        holding = (
            select(leases.c.holder, leases.c.fence)
            .where(leases.c.name == fence.name)
            .with_for_update(read=True, key_share=True)
        )
        if connection.dialect.name == "postgresql":
            holding = holding.add_columns(_LIMIT_SILENCE)
        now = (await connection.execute(holding)).one_or_none()
        if now is None or (now.holder, now.fence) != (fence.lease.holder, fence.lease.fence):
            raise TakenOver(self.where, "of unknown name" if now is None else now.holder)

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except Exception as error:
            if not isinstance(error, (SQLAlchemyError, OSError, sqlite3.Error, *driver_errors())):
                raise
            if isinstance(error, StatementError) and not isinstance(error, DBAPIError) and error.orig:
                # A value of ours that no column takes, such as a naive datetime: not the database's doing.
                raise error.orig from None
            # Our sentence with the error's frames, but not the error: its text shows the row that was refused.
            raise problem(error, self.where).with_traceback(error.__traceback__) from None


# https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
_END_SILENT: Final = text(
    """
    SELECT set_config('lock_timeout', :patience, true), count(pg_terminate_backend(activity.pid))
    FROM pg_stat_activity AS activity
    WHERE activity.datname = current_database() AND activity.usename = current_user
      AND activity.state = 'active' AND activity.wait_event = 'ClientRead'
      AND activity.state_change < clock_timestamp() - make_interval(secs => :silence)
      AND EXISTS (
        SELECT 1 FROM pg_locks AS lock
        WHERE lock.pid = activity.pid AND lock.granted AND lock.relation = 'leases'::regclass
      )
    """
)
_LIMIT_SILENCE: Final = func.set_config(
    "idle_in_transaction_session_timeout", literal(str(int(_SILENCE.total_seconds() * 1000))), True
)


def _make_file(address: SqliteAddress) -> None:
    """Make SQLite's folder and file where they are missing. Raises DatabaseProblem when that cannot be done."""
    if address.path is None:
        return
    folder = address.path.parent
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _no_folder(folder, error.strerror) from error
    with suppress(OSError):  # one that is there stays as it is; what else is wrong, SQLite tells better
        # SQLite gives the files beside it the same mode.
        os.close(os.open(address.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    _try_file(address.path, address.where, "rwc")


def _look_for_file(address: SqliteAddress) -> None:
    """Raise DatabaseMissing where SQLite's file is yet to be made, DatabaseProblem where it can't be used."""
    if address.path is None:
        return
    if address.path.exists():
        _try_file(address.path, address.where, "rw")
        return
    folder = next(parent for parent in address.path.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise _no_folder(address.path.parent, f"{folder} is a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _no_folder(address.path.parent, f"{folder} may not be written to")
    raise DatabaseMissing(f"{address.where} is not there yet; it will be made at the start.")


def _no_folder(folder: Path, reason: str | None) -> DatabaseProblem:
    return DatabaseProblem(
        f"The folder {folder} for the database cannot be made ({reason}). Name a file in a folder that this user may "
        "write to in DATABASE_URL."
    )


def _try_file(path: Path, where: str, mode: str) -> None:
    try:
        # Before the driver does it: aiosqlite 0.22 leaves its thread behind when a file cannot be opened.
        sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True).close()
    except sqlite3.Error as error:
        raise problem(error, where) from None


def _sqlite_engine(
    address: SqliteAddress, patience: timedelta, mode: str, readers: int | None = None
) -> AsyncEngine:
    """An engine of one connection that writes, or of so many that only read."""
    # SQLite's own address of a file says how it is opened: rwc makes it, rw does not.
    url = URL.create(
        "sqlite+aiosqlite",
        database=address.path.absolute().as_uri() if address.path else ":memory:",
        query={"mode": mode, "uri": "true"} if address.path else {},
    )

    async def connect() -> Any:
        arguments, options = engine.dialect.create_connect_args(url)
        return await StepwiseConnection(partial(sqlite3.connect, *arguments, **options), patience)

    engine = create_async_engine(
        url,
        async_creator=connect,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=readers or 1,
        max_overflow=0,
        pool_timeout=patience.total_seconds(),
        # The one that was used last: each fills a cache of its own.
        pool_use_lifo=True,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, late and deferred; ours begin when they are asked to.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {int(min(patience, _ONE_WAIT).total_seconds() * 1000)}",
            # It is kept in the file; whoever only looks changes nothing.
            *(["journal_mode = WAL"] if mode == "rwc" else []),
            # A commit lost in a power cut would repeat a post.
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -4000",
            # New shingles lie all over their index: pages that are written again and again go into the file once.
            "wal_autocheckpoint = 4000",
            *(["query_only = ON"] if readers else []),
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "close")
    def roll_back(connection: Any, _record: Any) -> None:
        # The connection of a transaction that was cancelled is closed and not returned. A statement of it that somebody
        # still refers to, if only a traceback, keeps the file locked for all until the garbage is collected.
        connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        # Said by each: it would hold for what follows on the connection, too, and what sorts all articles is no little.
        undo = "MEMORY" if options.get("broadsheet_little", False) else "DEFAULT"
        # A deferred transaction that reads and then writes fails at once when another one wrote in between.
        how = " IMMEDIATE" if options.get("broadsheet_writes", False) else ""
        driver: Any = connection.connection.driver_connection
        driver.begin(f"PRAGMA temp_store = {undo}", f"BEGIN{how}")

    return engine


def _postgresql_engine(address: PostgresqlAddress, patience: timedelta) -> AsyncEngine:
    import asyncpg  # type: ignore[import-untyped]  # where SQLite is used its 3 MB are of no use

    async def connect() -> Any:
        return await asyncpg.connect(address.dsn, timeout=patience.total_seconds(), command_timeout=60)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=5,
        max_overflow=5,
        pool_timeout=patience.total_seconds(),
        pool_pre_ping=True,
        hide_parameters=True,
    )
