"""What storage's tests share."""

from __future__ import annotations

import pytest

from storage import Database, Store
from tests.databases import bare_url, database, database_url, postgres_url, store
from tests.storage.desk import Desk

__all__ = ["bare_url", "database", "database_url", "postgres_url", "store"]


@pytest.fixture
async def desk(database: Database, store: Store) -> Desk:
    """A desk that makes sources, articles and posts in a line or two."""
    return Desk(database, store)
