"""`python -m tests.fuzz [COUNT] [SEED]`: the hostile set in workers, then so many spoilt documents; 1 on a fault."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from time import monotonic

from bot.feeds.workers import Workers
from tests.feeds.hostile import mutations, sound, traps
from tests.fuzz.trial import Tally, read_here, read_in_workers

COUNT = 100_000
PORTION = 500


def portion(seed: int, count: int) -> Tally:
    """One process's share: named by seed and number, so that each can be made again."""
    spoilt = enumerate(mutations(count, seed, sound()))
    return read_here((f"mutation {n} of seed {seed}", body) for n, body in spoilt)


async def hostile() -> Tally:
    """The hostile set, one after the other, in a worker with the bot's own limits."""
    async with Workers() as workers:
        return await read_in_workers(traps(), workers)


def main() -> int:
    """Run and tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = monotonic()
    found = asyncio.run(hostile())
    print(f"The hostile set, {monotonic() - begun:.0f} s:\n{found.told()}")
    print(
        f"  largest worker {found.memory >> 20} MB, the loop held for at most {found.pause * 1000:.0f} ms",
        flush=True,
    )
    begun, spoilt = monotonic(), Tally()
    shares = [min(PORTION, count - start) for start in range(0, count, PORTION)]
    with ProcessPoolExecutor(cpu_count()) as pool:
        for share in pool.map(portion, range(seed, seed + len(shares)), shares):
            spoilt.add(share)
    print(f"{count:,} spoilt documents, {monotonic() - begun:.0f} s:\n{spoilt.told()}")
    return 1 if found.faults or spoilt.faults else 0


if __name__ == "__main__":
    sys.exit(main())
