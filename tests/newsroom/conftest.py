"""Which database the newsroom's tests run on."""

from __future__ import annotations

import pytest

from tests.databases import url_of


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without a row: every day SQLite alone.

    Most that is stored here storage's own tests show on PostgreSQL every day. Where they do not, or where a lease or
    several who store at once are the matter, a module takes the house's own fixture: both every day.
    """
    return url_of(request, request.param)
