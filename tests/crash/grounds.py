"""Databases and folders for cases: made in the blink of an eye from one that was migrated once."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.databases import POSTGRES_URL, migrate, postgresql_database

# A run's cases have databases that are named after the one that they are copied from.
LEFTOVERS = """
    SELECT datname FROM pg_database AS d
    WHERE datname ~ '^broadsheet_test_[0-9a-f]{12}(_[0-9]+)?$'
    AND (pg_stat_file('base/' || d.oid || '/PG_VERSION', true)).modification < now() - interval '1 hour'
    AND NOT EXISTS (
        SELECT FROM pg_stat_activity AS a WHERE starts_with(a.datname, substring(d.datname for 28))
    )
"""


class Grounds:
    """Where cases get their databases from; `folder` holds logs and SQLite's files."""

    def __init__(self, folder: Path, template_url: str | None) -> None:
        self.folder = folder
        self._template = None if template_url is None else urlsplit(template_url).path.lstrip("/")
        self._numbers = itertools.count(1)
        self._migrated = folder / "migrated.db"
        migrate(f"sqlite:///{self._migrated}")

    @asynccontextmanager
    async def database(self, kind: str) -> AsyncIterator[tuple[str, Path]]:
        """An empty, migrated database, and where its bot's log goes."""
        number = next(self._numbers)
        log = self.folder / f"{number}.log"
        if kind == "sqlite":
            path = self.folder / f"{number}.db"
            shutil.copy(self._migrated, path)
            yield f"sqlite:///{path}", log
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                path.with_name(name).unlink(missing_ok=True)
            return
        assert self._template is not None, "There is no PostgreSQL."
        name = f"{self._template}_{number}"
        connection = await asyncpg.connect(POSTGRES_URL)
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
            await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
            yield urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}")), log
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        finally:
            await connection.close()


@contextmanager
def postgresql_grounds(folder: Path) -> Iterator[Grounds]:
    """Grounds with both kinds of databases; skips, as the fixtures do, where no PostgreSQL answers."""
    with postgresql_database() as url:
        asyncio.run(clear_away())
        migrate(url)
        yield Grounds(folder, url)


async def clear_away() -> None:
    """Drop the databases of runs that were killed: of our names alone, older than an hour, with no run at work.

    A server that does not tell a database's age to this user keeps them.
    """
    connection = await asyncpg.connect(POSTGRES_URL)
    try:
        with suppress(asyncpg.InsufficientPrivilegeError):
            for row in await connection.fetch(LEFTOVERS):
                with suppress(asyncpg.PostgresError):  # in use after all, or another run was faster
                    await connection.execute(f'DROP DATABASE "{row["datname"]}"')
    finally:
        await connection.close()
