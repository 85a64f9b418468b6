"""What 1,000 sources take in memory with their parsing worker, and each further 1,000, every one read whole once."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE

import psutil

from benchmarks.feeds import feeds_process

FEW, MORE = 1_000, 3_000
ROUNDS = 3


async def measure() -> list[str]:
    """Resident memory before Discord, in megabytes; lines of a Markdown table."""
    async with feeds_process(etags=True) as address:
        few, worker, own = await _polled([address(feed) for feed in range(FEW)])
        more, _, _ = await _polled([address(feed) for feed in range(MORE)])
    return [
        "| memory, before Discord | MB |",
        "| --- | --- |",
        f"| {FEW:,} sources, all read once and then answered 304 | {few:.0f} |",
        f"| their parsing worker, while it lives; of that its own | {worker:.0f}; {own:.0f} |",
        f"| both together, what they share counted once | {few + own:.0f} |",
        f"| each further 1,000 sources | {(more - few) / (MORE - FEW) * 1000:.1f} |",
    ]


async def _polled(urls: list[str]) -> tuple[float, float, float]:
    """Megabytes of a process that polled these, of its worker, and of what the worker shares with nobody.

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
            held = bot.memory_info().rss / 1e6
            workers = [child.memory_full_info() for child in bot.children()]
            process.stdin.close()
            await process.wait()
    return held, sum(one.rss for one in workers) / 1e6, sum(one.uss for one in workers) / 1e6


if __name__ == "__main__":
    print("\n".join(asyncio.run(measure())))
