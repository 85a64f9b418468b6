"""Fixtures for the whole house: databases, the sandbox, a town in it."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from tests.discord_document import Check, load_checker

pytest_plugins = ["tests.databases"]

# For `make test-all`: more examples than every day, the same in each run, so that a failure is the change's.
hypothesis.settings.register_profile(
    "full", max_examples=400, deadline=None, derandomize=True, print_blob=True
)
# What an example takes says nothing on a machine that others use too.
hypothesis.settings.register_profile("everyday", deadline=None)
if hypothesis.settings.default.deadline is not None:
    hypothesis.settings.load_profile("everyday")


def pytest_collection_finish() -> None:
    """Set aside what the tests themselves weigh: looking through all of it held the loop for 0.14 s now and then."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def check() -> Check | None:
    """The official document, compiled once; None where it is not at hand."""
    return load_checker()


@pytest.fixture
def _discord_addresses() -> Iterator[None]:
    """discord.py's addresses hold for the whole process: put them back."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before


@pytest.fixture
async def sandbox(
    _discord_addresses: None, check: Check | None, request: pytest.FixtureRequest
) -> AsyncIterator[Sandbox]:
    """A local Discord; all that a bot sends it is held against the official document where that is at hand.

    It limits nobody, for speed, but counts what Discord would hold against the bot's address. A test in which
    the bot has to be refused says how often at most: `@pytest.mark.refusals(1)`.
    """
    async with Sandbox(port=0, check=check, limits=Limits.off()) as sandbox:
        yield sandbox
    assert not sandbox.violations
    assert not sandbox.unknown_routes
    announced = request.node.get_closest_marker("refusals")
    at_most = announced.args[0] if announced else 0
    assert sandbox.limiter.invalid.total() <= at_most, sandbox.limiter.invalid
