"""One document read and judged: in this process, or in a worker as the bot does it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic, process_time, thread_time

import psutil

from bot.feeds.frames import document_frames
from bot.feeds.identify import identify, revision_of
from bot.feeds.model import Document, Unreadable
from bot.feeds.parse import parse
from bot.feeds.summary import tell
from bot.feeds.workers import Workers

URL = "https://harbour.test/news/feed.xml"
MOST_SECONDS = 2.0
MOST_MEMORY = 200 << 20  # bytes of a worker
MOST_PAUSE = 0.1  # seconds that the event loop may be held


@dataclass
class Tally:
    """What became of many documents; `faults` are sentences about those that must not be so."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory: int = 0
    pause: float = 0.0

    def add(self, other: Tally) -> None:
        """Take another one's in."""
        self.outcomes += other.outcomes
        self.faults += other.faults
        self.seconds = max(self.seconds, other.seconds)
        self.memory = max(self.memory, other.memory)
        self.pause = max(self.pause, other.pause)

    def told(self) -> str:
        """The figures in a few lines."""
        counts = "\n".join(f"  {count:>8,}  {outcome}" for outcome, count in self.outcomes.most_common())
        return f"{counts}\n  slowest {self.seconds:.2f} s of CPU" + "".join(
            f"\n  FAULT: {f}" for f in self.faults
        )


def outcome_of(read: Document | Unreadable) -> str:
    """By what an outcome is counted."""
    if isinstance(read, Unreadable):
        return read.sentence
    return "read, with entries" if read.entries else "read, without entries"


def read_here(documents: Iterable[tuple[str, bytes]]) -> Tally:
    """Read each as the worker does, up to the summary and the frame; whatever is raised is a fault."""
    tally = Tally()
    for name, body in documents:
        begun = process_time()
        try:
            read = parse(body, "", None, URL)
            list(document_frames(read))
            if isinstance(read, Document):
                for entry in identify(read, {}).new:
                    (repr(tell(entry)) + revision_of(entry)).encode()
            tally.outcomes[outcome_of(read)] += 1
        except Exception as error:
            tally.faults.append(f"{name}: {error!r}")
        seconds = process_time() - begun
        tally.seconds = max(tally.seconds, seconds)
        if seconds > MOST_SECONDS:
            tally.faults.append(f"{name} took {seconds:.1f} s")
    return tally


@asynccontextmanager
async def longest_pause() -> AsyncIterator[list[float]]:
    """Note how long the loop was held, in seconds of its own thread's CPU: the longest time is the last.

    The clock on the wall would also count what other programs do on a busy machine.
    """
    longest = [0.0]

    async def watch() -> None:
        while True:
            begun = thread_time()
            await asyncio.sleep(0.001)
            longest.append(max(longest[-1], thread_time() - begun))

    watching = asyncio.create_task(watch())
    try:
        yield longest
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def read_in_workers(documents: Iterable[tuple[str, bytes]], workers: Workers) -> Tally:
    """Read each as the bot does and look on: the worker's time and memory, and the loop that waits for it."""
    tally = Tally()
    for name, body in documents:
        worker = await _worker(workers)
        before = sum(worker.cpu_times()[:2])
        begun = monotonic()
        async with longest_pause() as pauses:
            read = await workers.parse(body, "", None, URL)
        tally.outcomes[outcome_of(read)] += 1
        tally.pause = max(tally.pause, pauses[-1])
        if pauses[-1] > MOST_PAUSE:
            tally.faults.append(f"{name} held the loop for {pauses[-1]:.2f} s")
        try:
            seconds, memory = sum(worker.cpu_times()[:2]) - before, worker.memory_info().rss
        except psutil.NoSuchProcess:  # it died of the document, and did so in time or not
            tally.outcomes["died, and was replaced"] += 1
            seconds, memory = monotonic() - begun, 0
        tally.seconds, tally.memory = max(tally.seconds, seconds), max(tally.memory, memory)
        if seconds > MOST_SECONDS or memory > MOST_MEMORY:
            tally.faults.append(f"{name} took {seconds:.1f} s and {memory >> 20} MB")
    return tally


async def _worker(workers: Workers) -> psutil.Process:
    """The process that reads next; started by a document that does no harm."""
    while True:
        await workers.parse(b"<rss version='2.0'/>", "", None, URL)
        for child in psutil.Process().children():
            if "bot.feeds.worker" in child.cmdline():
                return child
