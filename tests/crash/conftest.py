"""A nursery for lives of the bot, and grounds for the scenes that they play in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.grounds import Grounds, clear_away
from tests.crash.nursery import nursery


@pytest.fixture(scope="session")
def door() -> Iterator[Path]:
    """The socket of a nursery."""
    with nursery() as door:
        yield door


@pytest.fixture(scope="session")
def sqlite_grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    """Grounds with SQLite's files."""
    return Grounds(tmp_path_factory.mktemp("crash"), None)


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory, postgres_template_url: str) -> Grounds:
    """Grounds with both kinds of databases."""
    return Grounds(tmp_path_factory.mktemp("crash"), postgres_template_url)


@pytest.fixture(scope="session")
def postgres_template_url() -> Iterator[str]:
    """A migrated PostgreSQL database that nobody is connected to, so that it can be copied."""
    from tests.databases import migrate, postgresql_database

    with postgresql_database() as url:
        asyncio.run(clear_away())
        migrate(url)
        yield url
