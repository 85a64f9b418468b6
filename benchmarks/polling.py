"""What a poll costs in CPU over the whole path, against a bare GET and against `reader`, in one interleaved run."""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil
import reader

from benchmarks.feeds import PORTS, feeds_process
from benchmarks.ours import Ours

SOURCES = 1_000
ROUNDS = 6
# Where nothing is new, ours and the bare GET have so many rounds for each of the library's, which takes long. An odd
# number: so each of them is the first one after it in turns.
SHORT_ROUNDS = 3


async def measure() -> list[str]:
    """CPU milliseconds a poll: 304, the same body again, one new entry; lines of a Markdown table."""
    lines = [
        "| poll | Broadsheet, ms | bare GET, ms | reader, ms | × bare GET | reader ÷ Broadsheet |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for names, etags, publishes in (
        (["304"], True, False),
        (["200, same body"], False, False),
        (["200, one new entry", "… parsed and stored alone, as `reader` does it"], False, True),
    ):
        *ours, bare, theirs = await _compare(etags=etags, publishes=publishes)
        for name, own in zip(names, ours, strict=True):
            lines.append(
                f"| {name} | {own:.2f} | {bare:.2f} | {theirs:.2f} | {own / bare:.1f} | {theirs / own:.0f} |"
            )
    return lines


async def _compare(*, etags: bool, publishes: bool) -> tuple[float, ...]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = await stack.enter_async_context(feeds_process(etags=etags))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        urls = [address(feed) for feed in range(SOURCES)]
        contenders: list[Ours | _Bare | _Reader] = [
            await stack.enter_async_context(Ours(folder, urls)),
            *([await stack.enter_async_context(Ours(folder, urls, told=False))] if publishes else []),
            _Bare(session, urls, etags=etags),
            stack.enter_context(_Reader(folder, urls)),
        ]
        took: list[list[float]] = [[] for _ in contenders]
        gc.freeze()  # as the app does
        each = 1 if publishes else SHORT_ROUNDS
        for turn in range(ROUNDS * each + 1):
            if publishes:
                for url in urls:
                    async with session.post(url) as response:
                        await response.read()
            # Each but the library comes first in its turn: after that, nothing of theirs is left in the caches.
            *shortly, last = zip(contenders, took, strict=True)
            first = turn % len(shortly)
            theirs = [last] if turn % each == 0 else []
            for contender, times in (*shortly[first:], *shortly[:first], *theirs):
                await contender.prepare()
                spent = await _cpu_ms(contender.poll_all)
                if turn:  # the first one only learns what is there
                    times.append(spent / SOURCES)
        return tuple(statistics.median(times) for times in took)


class _Bare:
    """The least that a poll can cost: a conditional GET, read to its end, as many at once as there are hosts."""

    def __init__(self, session: aiohttp.ClientSession, urls: list[str], *, etags: bool) -> None:
        self._session = session
        self._urls = urls
        self._etags = etags

    async def prepare(self) -> None:
        """Nothing to do."""

    async def poll_all(self) -> None:
        feeds = iter(enumerate(self._urls))

        async def poll_some() -> None:
            for feed, url in feeds:
                headers = {"If-None-Match": f'"{feed}-0"'} if self._etags else {}
                async with self._session.get(url, headers=headers) as response:
                    await response.read()

        await asyncio.gather(*(poll_some() for _ in range(PORTS)))


class _Reader:
    """The `reader` library, as its documentation says: all feeds updated by its workers."""

    def __init__(self, folder: Path, urls: list[str]) -> None:
        self._reader = reader.make_reader(str(folder / "reader.db"))
        for url in urls:
            self._reader.add_feed(url)

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    async def prepare(self) -> None:
        """Nothing to do."""

    async def poll_all(self) -> None:
        self._reader.update_feeds(scheduled=False, workers=8)


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
