"""For how long the event loop is held: by 75 polls a second that all bring something new, and by a feed of 2 MB."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from benchmarks.feeds import feeds_process
from benchmarks.ours import Ours
from bot.newsroom.reads import Polled, Read

SOURCES = 300
INTERVAL = timedelta(seconds=3.4)  # and half a second until they are claimed together
SECONDS = 20
LARGE = 900  # entries of 2.3 KB


async def measure() -> list[str]:
    """The longest times for which the loop's thread was busy at a stretch; lines of a Markdown table."""
    async with AsyncExitStack() as stack:
        ours = await _opened(stack, SOURCES, 29)
        await ours.prepare()
        await ours.poll_all()
        new = 0

        async def note(_: Sequence[Read], polled: Sequence[Polled]) -> None:
            nonlocal new
            new += sum(one.articles for one in polled)

        await ours.prepare()
        async with ours.polling(INTERVAL, note):
            many = await longest_hold(SECONDS)
    async with AsyncExitStack() as stack:
        ours = await _opened(stack, 1, LARGE)
        await ours.prepare()
        large = asyncio.create_task(ours.poll_all())
        one = 0.0
        while not large.done():
            one = max(one, await longest_hold(0.1))
        await large
    return [
        "| the loop's thread was busy at a stretch | at most, ms of its CPU |",
        "| --- | --- |",
        f"| {new / SECONDS:.0f} polls a second, each with a new entry, over {SECONDS} s | {many * 1000:.0f} |",
        f"| a feed of 2 MB, read whole ({LARGE} entries) | {one * 1000:.0f} |",
    ]


async def _opened(stack: AsyncExitStack, sources: int, entries: int) -> Ours:
    address = await stack.enter_async_context(feeds_process(etags=False, restless=True, entries=entries))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    urls = [address(feed) for feed in range(sources)]
    ours = await stack.enter_async_context(Ours(folder, urls))
    gc.collect()
    gc.freeze()  # as the app does at its start
    return ours


async def longest_hold(seconds: float) -> float:
    """How long the loop's thread was busy at a stretch at most, in seconds of its CPU."""
    end, longest = time.perf_counter() + seconds, 0.0
    while time.perf_counter() < end:
        begun = time.thread_time()
        await asyncio.sleep(0.001)
        longest = max(longest, time.thread_time() - begun)
    return longest


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure())))
