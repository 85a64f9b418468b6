"""Real databases for tests: every test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import event

from bot.newsroom.corrections import judge_revision
from bot.newsroom.ranking import best, controversy
from bot.newsroom.stories import KINSHIP
from storage import Database, Ranks, Store
from storage.tables import metadata

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
MEMORY = Path("/dev/shm")  # Linux keeps this folder in memory
ROOM = 512 << 20  # bytes: containers often grant it less than several workers' files and logs may take


def hot(upvotes: int, downvotes: int, posted_at: datetime) -> float:
    """Rank for tests: an hour is worth a vote."""
    return upvotes - downvotes + posted_at.timestamp() / 3600


RANKS = Ranks(hot, controversy, best, KINSHIP, judge_revision)


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


@pytest.fixture(scope="session")
def emptied_postgres_url(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Empties the session's PostgreSQL database and gives its URL.

    Rows are deleted over a connection that stays: a millisecond, where TRUNCATE takes half a second for its files.
    """
    deletions = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
    recount = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
    runner = asyncio.Runner()  # its loop is made and closed in the thread
    with ThreadPoolExecutor(1) as thread:

        def run(deed: Coroutine[Any, Any, Any]) -> Any:
            return thread.submit(runner.run, deed).result()

        connection = run(asyncpg.connect(postgres_url, timeout=5))

        def empty() -> str:
            run(connection.execute("; ".join([*deletions, recount])))
            return postgres_url

        yield empty
        run(connection.close())
        thread.submit(runner.close).result()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A migrated SQLite file without a row, to be copied; its folder is in memory where the system has such a place.

    As on PostgreSQL nothing outlives a power cut, and no commit waits for the disk.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        folder = Path(tempfile.mkdtemp(prefix="broadsheet-test-", dir=MEMORY))
    else:
        folder = tmp_path_factory.mktemp("migrated")
    path = folder / "broadsheet.db"
    migrate(f"sqlite:///{path}")
    yield path
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_url(migrated_file: Path) -> str:
    """The URL of a migrated SQLite database without a row."""
    path = migrated_file.with_name("at_hand.db")
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without a row: the same for all tests of a session, so that `engines` know it."""
    return url_of(request, request.param)


def url_of(request: pytest.FixtureRequest, kind: str) -> str:
    """The URL of a migrated database of a kind, without a row, for a fixture that chooses the kind."""
    if kind == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    emptied: Callable[[], str] = request.getfixturevalue("emptied_postgres_url")
    return emptied()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which nothing is, not even a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/broadsheet.db"
    else:
        with postgresql_database() as url:
            yield url


@pytest.fixture(scope="session")
def engines() -> dict[str, Database]:
    """The session's databases by URL, closed between tests: what was compiled once is not compiled anew."""
    return {}


@pytest.fixture
async def database(database_url: str, engines: dict[str, Database]) -> AsyncIterator[Database]:
    """A migrated database, open."""
    if database_url not in engines:
        engines[database_url] = await Database.open(database_url)
    known = engines[database_url]
    # With options of its own, even none, an engine keeps a test's listeners to itself.
    reads, writes = (one.execution_options() for one in (known._engine, known._writes))
    opened = Database(reads, known.where, known._patience, writer=writes)
    yield opened
    await opened.close()


@contextmanager
def noting_statements(database: Database, note: Callable[..., None]) -> Iterator[None]:
    """Meanwhile `note` hears of each statement before it is executed, whether it reads or writes."""
    engines = [one.sync_engine for one in (database._engine, database._writes)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
async def store(database: Database) -> Store:
    """A store on an empty database; nonces count n1, n2, …; see `hot` for the rank."""
    return Store(database, ranks=RANKS, nonce=nonces())
