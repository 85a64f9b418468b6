"""A town with an admin, two members and a channel, and the bot's settings for it."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Settings
from bot.newsroom import polling
from bot.sandbox import Sandbox
from bot.sandbox.scenario import Application, Person, Scenario
from tests.journey.broadsheet import Process
from tests.press import Press

Starter = Callable[[Settings], Awaitable[Process]]

PERMISSIONS = 309_237_730_368


@dataclass(frozen=True)
class Town:
    """A guild with people, and the application that is installed in it."""

    alice: Person
    bob: Person
    carol: Person
    guild_id: str
    channel_id: str
    application: Application


@pytest.fixture
async def town(sandbox: Sandbox) -> AsyncIterator[Town]:
    """Alice owns the guild; Bob and Carol are members."""
    async with Scenario(sandbox.url) as story:
        alice, bob, carol = [await story.person(name) for name in ("alice", "bob", "carol")]
        made = await story.town("Harbour Town", alice, ("news",), (bob, carol))
        application = await story.bot("Broadsheet", made, PERMISSIONS)
        yield Town(alice, bob, carol, made.id, made["news"]["id"], application)


@pytest.fixture
async def press() -> AsyncIterator[Press]:
    """A publication with one article out."""
    async with Press() as press:
        press.publish("Old bridge reopens")
        yield press


@pytest.fixture
def settings(sandbox: Sandbox, town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The bot's settings: this sandbox, this database, whole threads, a poll every second."""
    # A bot in this process would look only every five seconds whether the second is over.
    monkeypatch.setattr(polling, "LOOK_EVERY", timedelta(milliseconds=200))
    return Settings(
        discord_token=town.application.token,
        discord_api_url=sandbox.api_url,
        discord_gateway_url=sandbox.gateway_url,
        message_content=True,
        database_url=database_url,
        poll_interval=timedelta(seconds=1),
        fetch_allow="127.0.0.1",
    )


@pytest.fixture
async def start_process(tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts Broadsheets in processes of their own; those that still run at the end are ended."""
    started = []

    async def start(settings: Settings) -> Process:
        process = Process(settings, tmp_path / f"bot-{len(started)}.log")
        started.append(process)
        await process.start()
        return process

    yield start
    for process in started:
        await process.end(signal.SIGKILL)
