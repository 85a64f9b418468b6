"""`python -m tests.crash [--count N] [--seed N] [--only WORDS]`: the matrix, then kills at random; 1 on a fault."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from tests.crash.grounds import Grounds, postgresql_grounds
from tests.crash.kills import ARTICLES_A_KILL, run_kills
from tests.crash.matrix import Tally, chosen, run_matrix
from tests.crash.nursery import nursery
from tests.crash.points import DATABASES
from tests.crash.trial import Verdict

KILLS = 200
KILLS_ALONE = "kills"


def _tell(verdict: Verdict) -> None:
    if not verdict.well:
        print(f"  {verdict.told()}", flush=True)


async def _kill(count: int, seed: int, door: Path, grounds: Grounds) -> list[Verdict]:
    """On each database so many kills, side by side."""

    async def on(kind: str) -> Verdict:
        async with grounds.database(kind) as (url, log):
            verdict = await run_kills(count, seed, kind, door, url, log)
        print(f"  {verdict.told()}", flush=True)
        return verdict

    return list(await asyncio.gather(*(on(kind) for kind in DATABASES)))


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--count", type=int, default=KILLS, help="kills at random moments, on each database")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="what decides their moments")
    parser.add_argument(
        "--only", default="", help="cases whose name holds these words (parted by +); or: kills"
    )
    parser.add_argument("--at-once", type=int, default=2 * (os.cpu_count() or 1), help="cases at once")
    given = parser.parse_args()
    # Connections break all the time here; that the local Discord noticed is no news.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = Path(mkdtemp(prefix="crash-"))
    cases, skipped = chosen(given.only)
    if given.only == KILLS_ALONE:
        cases = []
    tally = Tally()
    with postgresql_grounds(folder) as grounds, nursery() as door:
        if cases:
            print(
                f"{len(cases)} cases, {given.at_once} at once; logs of those that fail are in {folder}",
                flush=True,
            )
            begun = time.monotonic()
            tally = Tally(asyncio.run(run_matrix(cases, door, grounds, given.at_once, _tell)), skipped)
            print(f"{tally.told()}\n{time.monotonic() - begun:.0f} s", flush=True)
        if not given.only or given.only == KILLS_ALONE:
            articles = given.count * ARTICLES_A_KILL
            print(
                f"{given.count} kills over {articles} articles on each database, seed {given.seed}",
                flush=True,
            )
            tally.verdicts += (kills := asyncio.run(_kill(given.count, given.seed, door, grounds)))
            print(Tally(kills).told(), flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
