"""Real databases for tests: every test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from storage import Database, Store

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def hot(upvotes: int, downvotes: int, posted_at: datetime) -> float:
    """Rank for tests: an hour is worth a vote."""
    return upvotes - downvotes + posted_at.timestamp() / 3600


def nonces() -> Callable[[], str]:
    """Count up from n1."""
    numbers = itertools.count(1)
    return lambda: f"n{next(numbers)}"


def execute(url: str, statement: str) -> None:
    """Run a statement on PostgreSQL from a fixture, in a thread: the test's own event loop is left alone."""

    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of this session's own, dropped at its end; skips where no server answers."""
    name = f"broadsheet_test_{uuid.uuid4().hex[:12]}"
    try:
        execute(POSTGRES_URL, f'CREATE DATABASE "{name}"')
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        pytest.skip(
            f"No PostgreSQL answers at TEST_POSTGRES_URL ({type(error).__name__}); SQLite alone is tested."
        )
    yield urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))
    execute(POSTGRES_URL, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, nothing migrated yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/broadsheet.db"
    url: str = request.getfixturevalue("postgres_url")
    execute(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, open."""
    opened = await Database.open(database_url)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def store(database: Database) -> Store:
    """A store on an empty database; nonces count n1, n2, …; see `hot` for the rank."""
    return Store(database, hot=hot, nonce=nonces())
