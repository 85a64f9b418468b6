"""Databases to measure with, made anew: SQLite, and PostgreSQL where TEST_POSTGRES_URL names a server."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

from storage import Database

Made = Callable[[], AbstractAsyncContextManager[Database]]
"""Makes an empty database, with its tables; closed and removed when it is left."""


def databases() -> Iterator[tuple[str, Made]]:
    """The names of the databases at hand, each with what makes one."""
    yield "SQLite", sqlite
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield "PostgreSQL", lambda: _postgresql(url)


@asynccontextmanager
async def sqlite() -> AsyncIterator[Database]:
    """Make one in a file."""
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            await database.migrate()
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def _postgresql(url: str) -> AsyncIterator[Database]:
    name = f"broadsheet_bench_{os.getpid()}"
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    database = await Database.open(urlunsplit(urlsplit(url)._replace(path=f"/{name}")))
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()
        await connection.execute(f"DROP DATABASE {name}")
        await connection.close()
