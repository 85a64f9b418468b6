"""`python -m tests.endurance frozen|day`: two bots frozen in turns, or a day of faults; 1 on a fault."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.databases import postgresql_database
from tests.endurance import day, frozen


def main() -> int:
    """Run one of them and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    parser.add_argument("what", choices=("frozen", "day"))
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL; otherwise on SQLite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long two bots are frozen in turns")
    parser.add_argument("--hours", type=int, default=24, help="how many hours the day has")
    parser.add_argument("--rate", type=float, default=72.0, help="how many times faster it passes")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asked.postgresql:
            url = stack.enter_context(postgresql_database())
        else:
            url = f"sqlite:///{folder / 'broadsheet.db'}"
        if asked.what == "frozen":
            return tell_frozen(asyncio.run(frozen.run(url, folder, seconds=asked.seconds, seed=asked.seed)))
        return tell_day(
            asyncio.run(day.run(url, folder, hours=asked.hours, rate=asked.rate, seed=asked.seed, told=_say))
        )


def tell_frozen(found: frozen.Frozen) -> int:
    """Tell; 0 where nothing is lost and nothing there twice."""
    _say(
        f"{found.published} articles into two channels, {found.freezes} freezes, {found.takeovers} takeovers: "
        f"{len(found.lost)} posts lost, {len(found.twice)} twice"
    )
    for what, posts in (("lost", found.lost), ("twice", found.twice)):
        for channel, headline in posts[:20]:
            _say(f"  {what}: {headline} in {channel}")
    return 1 if found.lost or found.twice else 0


def tell_day(found: day.Day) -> int:
    """Tell; 0 where all is in its place, nothing died and memory is flat."""
    _say(
        f"{len(found.hours)} hours, {found.published} articles into three channels, {found.votes} votes and replies: "
        f"{len(found.lost)} posts lost, {len(found.twice)} twice; memory grew by {found.growth:.1f} MB in the last "
        f"third; errors logged: {len(found.errors)}; the mirror differs in {len(found.differences)}"
    )
    for line in [*found.differences[:20], *found.errors[:20]]:
        _say(f"  {line}")
    if found.ended:
        _say(f"  the bot ended with {found.ended}")
    fails = found.lost or found.twice or found.ended or found.differences or found.growth > day.FLAT
    return 1 if fails else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
