"""What 1,000 sources take in memory with their parsing worker, and each further 1,000, every one read whole once.

`python -m benchmarks.memory` polls the addresses of its input in a process of its own and prints both in megabytes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.feeds import feeds_process
from benchmarks.ours import Ours

FEW, MORE = 1_000, 2_000


async def measure() -> list[str]:
    """Resident memory before Discord, in megabytes; lines of a Markdown table."""
    async with feeds_process(etags=True) as address:
        few, worker = await _polled([address(feed) for feed in range(FEW)])
        more, _ = await _polled([address(feed) for feed in range(MORE)])
    return [
        "| memory, before Discord | MB |",
        "| --- | --- |",
        f"| {FEW:,} sources, all read once and then answered 304 | {few:.0f} |",
        f"| their parsing worker, while it lives | {worker:.0f} |",
        f"| each further 1,000 sources | {(more - few) / (MORE - FEW) * 1000:.1f} |",
    ]


async def _polled(urls: list[str]) -> tuple[float, float]:
    """Megabytes of a new process that polled these, and of its worker."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.memory"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate("\n".join(urls).encode())
    own, worker = printed.split()
    return float(own), float(worker)


async def _poll_alone(urls: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Ours(Path(folder), urls) as ours:
            for _ in range(3):
                await ours.prepare()
                await ours.poll_all()
            process = psutil.Process()
            held = [one.memory_info().rss / 1e6 for one in (process, *process.children())]
            print(held[0], sum(held[1:]))


if __name__ == "__main__":
    asyncio.run(_poll_alone(sys.stdin.read().split()))
