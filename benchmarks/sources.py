"""100,000 sources in one database, and one process that holds a 10-minute interval over 5,000 hosts."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import socket
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta

import psutil
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import insert

from benchmarks.databases import databases
from benchmarks.feeds import feeds_process
from benchmarks.hold import longest_hold
from bot.app import new_nonce, utc_now
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers
from bot.newsroom.polling import Poller
from bot.newsroom.ranking import RANKS
from bot.newsroom.reads import Polled, Read
from storage import Database, Store
from storage.tables import sources, subscriptions

FEW, MANY = 1_000, 100_000
HOSTS = 5_000
INTERVAL = timedelta(minutes=10)
SECONDS = 40
CLAIMS = 9
CLAIMED = 100
PORTION = 5_000


async def measure() -> list[str]:
    """What choosing costs with few and with many sources, and what one process sustains; two Markdown tables."""
    lines = ["| sources | database | to choose and claim 100 that are due, ms |", "| --- | --- | --- |"]
    for name, made in databases():
        for count in (FEW, MANY):
            async with made() as database:
                store = await _fill(database, count, port=80)
                lines.append(f"| {count:,} | {name} | {await _claims(store):.1f} |")
    for name, made in databases():
        async with made() as database:
            lines += ["", *await _sustain(name, database)]
    return lines


async def _fill(database: Database, count: int, *, port: int) -> Store:
    """Wanted sources at 5,000 hosts, due one after the other over the interval to come."""
    store = Store(database, ranks=RANKS, nonce=new_nonce)
    now = utc_now()
    await store.guilds.seen(1, "Bench", now)
    async with database.writing() as connection:
        for start in range(1, count + 1, PORTION):
            numbers = range(start, min(start + PORTION, count + 1))
            await connection.execute(
                insert(sources),
                [
                    {
                        "id": number,
                        "url": f"http://host{number % HOSTS}.test:{port}/{number}.xml",
                        "title": "",
                        "etag": f'"{number}-0"',
                        "failures": 0,
                        "next_poll_at": now + INTERVAL * (number / count),
                        "last_polled_at": now - INTERVAL,
                    }
                    for number in numbers
                ],
            )
            await connection.execute(
                insert(subscriptions),
                [
                    {
                        "guild_id": 1,
                        "channel_id": 2,
                        "source_id": number,
                        "thread": False,
                        "newest": 0,
                        "created_at": now,
                        "started_at": now,
                    }
                    for number in numbers
                ],
            )
    return store


async def _claims(store: Store) -> float:
    """The median time to claim, in milliseconds, while more are due than are claimed."""
    now, took = utc_now() + INTERVAL * 2, []
    for _ in range(CLAIMS):
        begun = time.perf_counter()
        claimed = await store.sources.claim_due(now, CLAIMED, INTERVAL * 9)
        took.append((time.perf_counter() - begun) * 1000)
        assert len(claimed) == CLAIMED
    return statistics.median(took)


class _Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def _sustain(name: str, database: Database) -> list[str]:
    """Poll 100,000 sources that answer 304 as they fall due, for a while: how many, how late, at what cost."""
    polled, failed, late = 0, 0, [0.0]

    async def note(reads: Sequence[Read], _: Sequence[Polled]) -> None:
        nonlocal polled, failed
        polled += len(reads)
        failed += sum(1 for read in reads if read.problem)
        now = utc_now()
        late.extend(
            (now - read.source.next_poll_at).total_seconds() for read in reads if read.source.next_poll_at
        )

    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(feeds_process(etags=True))
        store = await _fill(database, MANY, port=int(address(0).split(":")[2].split("/")[0]))
        fetcher = Fetcher(user_agent="Broadsheet bench", allow=parse_allow("127.0.0.1"), resolver=_Here())
        poller = Poller(
            store,
            await stack.enter_async_context(fetcher),
            await stack.enter_async_context(Workers()),
            clock=utc_now,
            interval=INTERVAL,
            spread=random.random,
            woken=asyncio.Event(),
            on_posts=lambda: None,
            on_stored=note,
        )
        gc.freeze()  # as the app does
        begun, used = time.perf_counter(), _cpu()
        running = asyncio.create_task(poller.run())
        held = await longest_hold(SECONDS)
        took, spent = time.perf_counter() - begun, _cpu() - used
        connections = len(psutil.Process().net_connections("tcp"))
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await poller.close(timedelta(seconds=5))
    assert not failed
    return [
        f"| {MANY:,} sources at {HOSTS:,} hosts, every 10 minutes, all 304, {name}, over {SECONDS} s | |",
        "| --- | --- |",
        f"| polls a second (due: {MANY / INTERVAL.total_seconds():.0f}) | {polled / took:.0f} |",
        f"| stored after they were due, median and longest | {statistics.median(late):.1f} s, {max(late):.1f} s |",
        f"| CPU, of one core | {spent / took:.0%} |",
        f"| CPU a poll | {spent / polled * 1000:.2f} ms |",
        f"| memory | {psutil.Process().memory_info().rss / 1e6:.0f} MB |",
        f"| connections open | {connections} |",
        f"| longest hold of the loop, in its thread's CPU | {held * 1000:.0f} ms |",
    ]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure())))
