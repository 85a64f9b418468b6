"""A running Broadsheet for tests: in this process, or in one of its own that can be killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot.app import run_app
from bot.config import Settings

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]


class Running:
    """A Broadsheet that is up, seen through its web API."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON under `/api/v1`, or of `/healthz` and `/readyz`."""
        url = f"{self.api_url}{path}" if path.endswith("z") else f"{self.api_url}/api/v1{path}"
        async with aiohttp.ClientSession() as session, session.get(url, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def articles(self, guild_id: str, **query: Any) -> list[dict[str, Any]]:
        return list((await self.get(f"/guilds/{guild_id}/articles", **query))["items"])

    async def comments(self, guild_id: str, article_id: str, sort: str = "oldest") -> list[dict[str, Any]]:
        path = f"/guilds/{guild_id}/articles/{article_id}/comments"
        return list((await self.get(path, sort=sort))["items"])


@asynccontextmanager
async def broadsheet(settings: Settings) -> AsyncIterator[Running]:
    """A Broadsheet in this process, connected, stopped in order at the end."""
    stop, connected = asyncio.Event(), asyncio.get_running_loop().create_future()

    def announce(sentence: str) -> None:
        found = re.search(r"http://\S+[^.\s]", sentence)
        if found and not connected.done():
            connected.set_result(found[0])

    task = asyncio.create_task(
        run_app(
            replace(settings, web_port=0),
            stop,
            announce=announce,
            refresh_every=timedelta(milliseconds=100),
        )
    )
    try:
        await asyncio.wait([connected, task], return_when=asyncio.FIRST_COMPLETED, timeout=20)
        if task.done():
            task.result()
        assert connected.done(), "Broadsheet did not connect within 20 s."
        yield Running(connected.result())
    finally:
        stop.set()
        await task


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that is to run with these settings."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DISCORD_")},
        "DISCORD_TOKEN": settings.discord_token or "",
        "DISCORD_API_URL": settings.discord_api_url or "",
        "DISCORD_GATEWAY_URL": settings.discord_gateway_url or "",
        "MESSAGE_CONTENT": str(int(settings.message_content)),
        "DATABASE_URL": settings.database_url,
        "FETCH_ALLOW": settings.fetch_allow,
        "POLL_INTERVAL": str(int(settings.poll_bounds[0].total_seconds())),
        "WEB_PORT": "0",
    }


class Process:
    """A Broadsheet in a process of its own."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._log = log.open("ab")
        self._environment = environment(settings)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it is connected; then `running` is its web API."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=ROOT,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            line = (await self._process.stdout.readline()).decode()
        found = re.search(r"http://\S+[^.\s]", line)
        assert found, f"Broadsheet ended, or said: {line!r}"
        self.running = Running(found[0])

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; answers the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        await self._process.communicate()
        self._log.close()
        return self._process.returncode or 0


async def run_command(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    """Run `python -m bot …` to its end; answers exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=ROOT,
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def eventually(
    look: Callable[[], Awaitable[T]], holds: Callable[[T], object], seconds: float = 10
) -> T:
    """Look again and again until what is seen holds; fails with what was seen last."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        seen = await look()
        if holds(seen):
            return seen
        assert asyncio.get_running_loop().time() < deadline, f"After {seconds} s: {seen}"
        await asyncio.sleep(0.1)
