"""What 1,000 sources take in memory with their parsing worker, and each further 1,000, every one read whole once."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from statistics import median

import psutil

from benchmarks.feeds import feeds_process

FEW, MORE = 1_000, 3_000
# In the first one all are read whole, for a minute with FEW and four with MORE.
ROUNDS = 3
# So many processes each: one holds up to a megabyte more than another.
TIMES, TIMES_MORE = 3, 1


async def measure() -> list[str]:
    """Resident memory before Discord, in megabytes; lines of a Markdown table."""
    async with feeds_process(etags=True) as address:
        urls = [address(feed) for feed in range(MORE)]
        few, worker, own = zip(*[await _polled(urls[:FEW]) for _ in range(TIMES)], strict=True)
        more, _, _ = zip(*[await _polled(urls) for _ in range(TIMES_MORE)], strict=True)
    together = [one + its for one, its in zip(few, own, strict=True)]
    further = [(one - median(few)) / (MORE - FEW) * 1000 for one in more]
    return [
        "| memory, before Discord | median, MB | least to most |",
        "| --- | --- | --- |",
        _row(f"{FEW:,} sources, all read once and then answered 304", few),
        _row("their parsing worker, while it lives", worker),
        _row("of that its own", own),
        _row("both together, what they share counted once", together),
        _row(f"each further 1,000 sources, up to {MORE:,}", further),
    ]


def _row(what: str, values: Sequence[float]) -> str:
    return f"| {what} | {median(values):.1f} | {min(values):.1f} to {max(values):.1f} |"


async def _polled(urls: list[str]) -> tuple[float, float, float]:
    """Megabytes of a process that polled these, of its worker, and of what of that is not the process's as well.

    The database is prepared by a process before it, as it is at each start of a bot but its first.
    """
    with tempfile.TemporaryDirectory() as folder:
        for rounds in (0, ROUNDS):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.ours", folder, str(rounds)), stdin=PIPE, stdout=PIPE
            )
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n".join([*urls, "", ""]).encode())
            await process.stdout.readline()
            bot = psutil.Process(process.pid)
            held = bot.memory_info().rss
            workers = [(one.memory_info().rss, _own(one, bot)) for one in bot.children()]
            process.stdin.close()
            await process.wait()
    [(worker, own)] = workers
    return held / 1e6, worker / 1e6, own / 1e6


def _own(process: psutil.Process, other: psutil.Process) -> int:
    """Bytes that a process adds to what another holds: what it wrote, and of files what the other has not loaded."""
    loaded = {one.path: one.rss - one.anonymous for one in other.memory_maps()}
    return sum(
        one.anonymous + max(one.rss - one.anonymous - loaded.get(one.path, 0), 0)
        for one in process.memory_maps()
    )


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure())))
