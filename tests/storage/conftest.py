"""What storage's tests share."""

from __future__ import annotations

import pytest

from storage import Database, Store
from tests.storage.desk import Desk


@pytest.fixture
async def desk(database: Database, store: Store) -> Desk:
    """A desk that makes sources, articles and posts in a line or two."""
    return Desk(database, store)
