"""What a poll costs in CPU, against a bare GET of the same body in the same interleaved run."""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import psutil

from benchmarks.feeds import feeds_process
from bot.app import new_nonce, open_world, utc_now
from bot.config import Settings
from bot.newsroom.polling import Poller
from bot.newsroom.ranking import RANKS
from storage import Database, Store

SOURCES = 60
ROUNDS = 5


async def measure() -> list[str]:
    """CPU milliseconds a poll: 304, the same body again, one new entry; lines of a Markdown table."""
    lines = ["| poll | Broadsheet, ms | bare GET, ms | ratio |", "| --- | --- | --- | --- |"]
    for name, etags, publishes in (
        ("304", True, False),
        ("200, same body", False, False),
        ("200, one new entry", False, True),
    ):
        ours, bare = await _compare(etags=etags, publishes=publishes)
        lines.append(f"| {name} | {ours:.2f} | {bare:.2f} | {ours / bare:.1f} |")
    return lines


async def _compare(*, etags: bool, publishes: bool) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'bench.db'}", fetch_allow="127.0.0.1")
        database = await Database.open(settings.database_url)
        await database.migrate()
        store = Store(database, ranks=RANKS, nonce=new_nonce)
        async with (
            feeds_process(etags=etags) as base,
            open_world(settings) as world,
            aiohttp.ClientSession() as session,
        ):
            poller = Poller(
                store,
                world.fetcher,
                world.workers,
                clock=utc_now,
                interval=settings.poll_interval,
                spread=lambda: 0.0,
                woken=asyncio.Event(),
                on_posts=lambda: None,
            )
            for feed in range(SOURCES):
                source = await store.sources.add(f"{base}/{feed}.xml", "", None, None)
                await poller.poll(source)
            sources = [listed.source for listed in await store.sources.listed(limit=SOURCES, offset=0)]

            async def poll_all() -> None:
                for source in sources:
                    known = await store.sources.get(source.id)
                    assert known is not None
                    await poller.poll(known)

            async def get_all() -> None:
                for feed in range(SOURCES):
                    headers = {"If-None-Match": f'"{feed}-0"'} if etags else {}
                    async with session.get(f"{base}/{feed}.xml", headers=headers) as response:
                        await response.read()

            ours, bare = [], []
            for _ in range(ROUNDS):
                if publishes:
                    for feed in range(SOURCES):
                        async with session.post(f"{base}/publish/{feed}") as response:
                            await response.read()
                ours.append(await _cpu_ms(poll_all))
                bare.append(await _cpu_ms(get_all))
        await database.close()
    return statistics.median(ours) / SOURCES, statistics.median(bare) / SOURCES


async def _cpu_ms(work: Callable[[], Awaitable[None]]) -> float:
    """CPU of this process and its parsing workers, ended ones too, in milliseconds; the feeds' server left out."""

    def used() -> float:
        own = resource.getrusage(resource.RUSAGE_SELF)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = [
            child.cpu_times()
            for child in psutil.Process().children()
            if "bot.feeds.worker" in child.cmdline()
        ]
        return (
            own.ru_utime
            + own.ru_stime
            + ended.ru_utime
            + ended.ru_stime
            + sum(times.user + times.system for times in running)
        )

    before = used()
    await work()
    return (used() - before) * 1000
