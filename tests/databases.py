"""Real databases for tests: every test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from bot.newsroom.ranking import controversy
from bot.newsroom.stories import KINSHIP
from storage import Database, Ranks, Store
from storage.tables import metadata

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def hot(upvotes: int, downvotes: int, posted_at: datetime) -> float:
    """Rank for tests: an hour is worth a vote."""
    return upvotes - downvotes + posted_at.timestamp() / 3600


RANKS = Ranks(hot, controversy, KINSHIP)


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


@contextmanager
def postgresql_database() -> Iterator[str]:
    """Make a PostgreSQL database and drop it at the end; skips where no server answers."""
    name = f"broadsheet_test_{uuid.uuid4().hex[:12]}"
    try:
        execute(POSTGRES_URL, f'CREATE DATABASE "{name}"')
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        pytest.skip(
            f"No PostgreSQL answers at TEST_POSTGRES_URL ({type(error).__name__}); SQLite alone is tested."
        )
    # Nothing of a test outlives a power cut; waiting for the disk would be most of its time.
    execute(POSTGRES_URL, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        yield urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))
    finally:
        execute(POSTGRES_URL, f'DROP DATABASE "{name}" WITH (FORCE)')


def migrate(url: str) -> None:
    """Migrate a database from a fixture, in a thread."""

    async def run() -> None:
        opened = await Database.open(url)
        await opened.migrate()
        await opened.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A migrated PostgreSQL database of this session's own."""
    with postgresql_database() as url:
        migrate(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database without a row."""
    if request.param == "sqlite":
        # Migrated once a session and then copied.
        migrated: Path = request.getfixturevalue("tmp_path_factory").getbasetemp() / "migrated.db"
        if not migrated.exists():
            migrate(f"sqlite:///{migrated}")
        shutil.copy(migrated, tmp_path / "broadsheet.db")
        return f"sqlite:///{tmp_path}/broadsheet.db"
    url: str = request.getfixturevalue("postgres_url")
    execute(url, f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which nothing is, not even a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/broadsheet.db"
    else:
        with postgresql_database() as url:
            yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, open."""
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def store(database: Database) -> Store:
    """A store on an empty database; nonces count n1, n2, …; see `hot` for the rank."""
    return Store(database, ranks=RANKS, nonce=nonces())
