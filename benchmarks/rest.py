"""The running bot with 100 sources: how soon it is ready, what it costs at rest, how fast an article arrives."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from benchmarks.feeds import Feeds
from bot.app import new_nonce, utc_now
from bot.newsroom.ranking import RANKS
from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from bot.sandbox.prepare import Prepared, prepare
from storage import Database, Store
from storage.records import SubscriptionToStore

SOURCES = 100
CHANNELS = 5
REST_SECONDS = 120
# The first polls are all at once; a minute of interval lets the second ones, spread, fall into the measured time.
REST_INTERVAL = 600
ARTICLES = 15


async def measure() -> list[str]:
    """Lines of a Markdown table: what was measured, the figure, the bar."""
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(port=0, limits=Limits.off()) as sandbox, Feeds() as feeds:
            town = await prepare(
                sandbox,
                guild_name="Bench",
                channels={f"news-{number}": 0 for number in range(CHANNELS)},
                people=["ada"],
                application="Broadsheet",
                permissions=309_237_730_368,
            )
            database_url = f"sqlite:///{Path(folder) / 'bench.db'}"
            await _subscribe(database_url, feeds, town)
            rest = await _at_rest(database_url, sandbox, town)
            latency = await _latency(database_url, sandbox, town, feeds)
    return [
        "| with 100 sources | measured | at most |",
        "| --- | --- | --- |",
        f"| ready after start | {rest['ready']:.1f} s | 5 s |",
        f"| memory at rest, bot | {rest['memory']:.0f} MB | 130 MB |",
        f"| memory while the parsing worker lives, both | {rest['peak']:.0f} MB | |",
        f"| CPU at rest, of one core, over {REST_SECONDS} s | {rest['cpu']:.2f}% | 1% |",
        f"| from the poll that found an article to its card, median of {ARTICLES} | {latency[0]:.2f} s | |",
        f"| the slowest of them | {latency[1]:.2f} s | 5 s |",
    ]


async def _subscribe(database_url: str, feeds: Feeds, town: Prepared) -> None:
    database = await Database.open(database_url)
    await database.migrate()
    store = Store(database, ranks=RANKS, nonce=new_nonce)
    channels = list(town.channels.values())
    for feed in range(SOURCES):
        source = await store.sources.add(feeds.url(feed), f"Feed {feed}", None, None)
        await store.subscriptions.add(
            SubscriptionToStore(
                guild_id=int(town.guild_id),
                channel_id=int(channels[feed % CHANNELS]),
                source_id=source.id,
                thread=False,
                newest=1,
                created_by=None,
            ),
            utc_now(),
        )
    await database.close()


class _Bot:
    """A bot of its own process; `ready_after` is in seconds."""

    def __init__(self, database_url: str, sandbox: Sandbox, town: Prepared, interval: int) -> None:
        self._environment = {
            **os.environ,
            "DISCORD_TOKEN": town.bot_token,
            "DISCORD_API_URL": sandbox.api_url,
            "DISCORD_GATEWAY_URL": sandbox.gateway_url,
            "DATABASE_URL": database_url,
            "FETCH_ALLOW": "127.0.0.1",
            "WEB_PORT": "18080",
            "POLL_INTERVAL": str(interval),
            "LOG_LEVEL": "WARNING",
        }
        self.ready_after = 0.0

    async def __aenter__(self) -> psutil.Process:
        began = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=self._environment, stdout=asyncio.subprocess.DEVNULL
        )
        async with aiohttp.ClientSession() as session:
            while not await _is_ready(session):
                if time.monotonic() - began > 60 or self._process.returncode is not None:
                    raise RuntimeError("The bot did not become ready.")
                await asyncio.sleep(0.05)
        self.ready_after = time.monotonic() - began
        return psutil.Process(self._process.pid)

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()


async def _is_ready(session: aiohttp.ClientSession) -> bool:
    try:
        async with session.get("http://127.0.0.1:18080/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def _at_rest(database_url: str, sandbox: Sandbox, town: Prepared) -> dict[str, float]:
    bot = _Bot(database_url, sandbox, town, interval=600)
    async with bot as process:
        await _until(lambda: len(_cards(sandbox)) >= SOURCES)
        peak = _memory(process, *process.children(recursive=True))
        await _until(lambda: not process.children(recursive=True), seconds=120)
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(REST_SECONDS)
        cpu = (sum(process.cpu_times()[:2]) - before) / REST_SECONDS * 100
        return {"ready": bot.ready_after, "memory": _memory(process), "peak": peak, "cpu": cpu}


async def _latency(database_url: str, sandbox: Sandbox, town: Prepared, feeds: Feeds) -> tuple[float, float]:
    database = await Database.open(database_url)
    store = Store(database, ranks=RANKS, nonce=new_nonce)
    waits = []
    async with _Bot(database_url, sandbox, town, interval=600):
        for feed in range(ARTICLES):
            source = await store.sources.by_url(feeds.url(feed))
            assert source is not None
            cards = len(_cards(sandbox))
            added = feeds.publish(feed)
            await store.sources.poll_soon(source.id, utc_now())
            await _until(lambda cards=cards: len(_cards(sandbox)) > cards)
            waits.append(time.monotonic() - feeds.served[feed, added])
    await database.close()
    return statistics.median(waits), max(waits)


def _cards(sandbox: Sandbox) -> list[Any]:
    return [done for done in sandbox.journal if done.action == "message created"]


def _memory(*processes: psutil.Process) -> float:
    return sum(process.memory_info().rss for process in processes) / 1e6


async def _until(holds: Any, seconds: float = 60) -> None:
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise RuntimeError("What was waited for did not happen.")
        await asyncio.sleep(0.02)
