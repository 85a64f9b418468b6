"""SQLite's driver, with fewer steps: a statement goes to the driver's thread and comes back with all its rows at once.

aiosqlite goes there and back to make a cursor, to execute, to fetch and to close, and SQLAlchemy has it begin each
transaction and roll back each that was committed: of a dozen ways to the thread and back in a small transaction, each
as dear as what is done there, two or three are left.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiosqlite


@dataclass(slots=True)
class _Result:
    """What a statement came to, as the cursor that executed it tells it."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: Sequence[Any] = ()


class StepwiseConnection(aiosqlite.Connection):
    """A connection, as SQLAlchemy's adapter for aiosqlite uses it: its transactions are begun with `begin`.

    For another program's lock it waits up to `patience`, in pieces of a moment between which it can be cancelled.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], patience: timedelta) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._patience = patience.total_seconds()
        # As the adapter does it for those it makes itself: nobody waits for it when the program ends.
        self._thread.daemon = True
        self._begin: tuple[str, ...] = ()
        self._ended = True

    def begin(self, *statements: str) -> None:
        """Begin a transaction by these statements, together with the first one that is executed in it."""
        self._begin = statements

    async def commit(self) -> None:
        """Commit; where nothing was executed there is nothing to be done."""
        if not self._begin:
            await super().commit()
        self._begin, self._ended = (), True

    async def rollback(self) -> None:
        """Roll back; what was committed, or has executed nothing, needs no step for it."""
        self._begin = ()
        if not self._ended:
            await super().rollback()
            self._ended = True

    def cursor(self) -> _Cursor:  # type: ignore[override]  # the adapter enters it, and asks for no more than it has
        """Make what executes one statement; it takes no step."""
        return _Cursor(self)

    async def step(self, execute: Callable[..., sqlite3.Cursor], *arguments: Any) -> _Result:
        """Execute a statement in the driver's thread, in one step with the transaction's begin and with its rows."""
        begin, self._begin = self._begin, ()
        self._ended = False
        until = time.monotonic() + self._patience
        while True:
            try:
                result: _Result = await self._execute(  # type: ignore[no-untyped-call]
                    _step, self._conn, begin, execute, arguments
                )
            except sqlite3.OperationalError as error:
                if not begin or not _is_busy(error) or time.monotonic() >= until:
                    raise
            else:
                return result


class _Cursor:
    """What SQLAlchemy's adapter asks of a cursor. All that can fail is done where the statement is executed."""

    arraysize = 1

    def __init__(self, connection: StepwiseConnection) -> None:
        self._connection = connection
        self._result = _Result()

    async def __aenter__(self) -> _Cursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def description(self) -> Any:
        return self._result.description

    @property
    def rowcount(self) -> int:
        return self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._result.lastrowid

    async def execute(self, statement: str, parameters: Any = ()) -> _Cursor:
        self._result = await self._connection.step(sqlite3.Cursor.execute, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Any]) -> _Cursor:
        self._result = await self._connection.step(sqlite3.Cursor.executemany, statement, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._result.rows

    async def close(self) -> None:
        self._result = _Result()


def _step(
    connection: sqlite3.Connection,
    begin: tuple[str, ...],
    execute: Callable[..., sqlite3.Cursor],
    arguments: tuple[Any, ...],
) -> _Result:
    for statement in begin:
        connection.execute(statement).close()
    cursor = connection.cursor()
    try:
        execute(cursor, *arguments)
        rows = cursor.fetchall() if cursor.description else ()
        return _Result(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    except sqlite3.OperationalError as error:
        if begin and _is_busy(error):
            connection.rollback()  # nothing was done in it: so it may begin again
        raise
    finally:
        cursor.close()


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
