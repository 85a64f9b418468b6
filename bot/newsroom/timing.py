"""When to do a thing next: pure functions of what happened and a given `now`.

A source's rhythm is when it last published: up to 16 moments, packed as seconds since 1970 in four bytes each,
oldest first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from statistics import median

# At least this often a source is read, whatever its rhythm, its server and its failures say.
LONGEST_INTERVAL = timedelta(days=1)
# A server that asks for a pause gets it, up to this.
LONGEST_PAUSE = timedelta(days=7)
# A publisher who says that a feed stays fresh is believed, up to this: caches are often set for pictures.
LONGEST_FRESH = timedelta(hours=1)
# How often a source is read all the same whose news are pushed to us.
SAFETY_NET = timedelta(hours=6)
# A poll this late still came when it was due.
PUNCTUAL = timedelta(minutes=1)
# Of the time between two articles: by so much the second may be found late.
SHARE = 12
# Short, since what waits is usually Discord itself: once it is back, nobody wants to wait longer.
LONGEST_RESEND = timedelta(minutes=1)
_LONGEST_INTERVAL_S, _PUNCTUAL_S = LONGEST_INTERVAL.total_seconds(), PUNCTUAL.total_seconds()

# So many polls in a row must be redirected to the same address, for good, until it becomes the source's.
SIGHTINGS = 3
MOST_MOMENTS = 16
# What is published at one go counts once.
TOGETHER = timedelta(minutes=10)
_TOGETHER_S = TOGETHER.total_seconds()


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest time between two polls of a source that is well; the same: always that."""

    shortest: timedelta
    longest: timedelta


def note_published(rhythm: bytes | None, moments: Iterable[datetime | None], now: datetime) -> bytes:
    """A source's rhythm, with when new articles were published: now, where that is not said or yet to come."""
    seconds = {min(moment or now, now).timestamp() for moment in moments}
    # Four bytes end in 2106 and begin in 1970.
    known = {int(second) for second in seconds if 0 <= second < 1 << 32} | set(_moments(rhythm))
    kept: list[int] = []
    for second in sorted(known):
        if not kept or second - kept[-1] >= _TOGETHER_S:
            kept.append(second)
    newest = kept[-MOST_MOMENTS:]
    return struct.pack(f"!{len(newest)}I", *newest)


def last_published(rhythm: bytes | None) -> datetime | None:
    """When a source last published, within ten minutes; None while it has not published anything."""
    return _last_and_gap(rhythm)[0] if rhythm else None


def usual_gap(rhythm: bytes | None, now: datetime) -> timedelta | None:
    """How far apart a source publishes: the median of late, or half of its silence if that is more.

    None while it has not published anything.
    """
    if not rhythm:
        return None
    last, gap = _last_and_gap(rhythm)
    return max(gap, max(now - last, timedelta()) / 2)


@lru_cache(maxsize=2_000)
def _last_and_gap(rhythm: bytes) -> tuple[datetime, timedelta]:
    """When a source last published, and the median gap of late (none while it published once).

    A rhythm changes only when something new comes, and is asked for at each poll.
    """
    moments = _moments(rhythm)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return datetime.fromtimestamp(moments[-1], UTC), timedelta(seconds=median(gaps or [0]))


def interval_of(rhythm: bytes | None, bounds: Bounds, now: datetime, *, pushed: bool = False) -> timedelta:
    """How long a source is left alone: a twelfth of its usual gap, within the bounds; longer where it is pushed."""
    if bounds.shortest == bounds.longest or (gap := usual_gap(rhythm, now)) is None:
        interval = bounds.shortest
    else:
        interval = min(max(gap / SHARE, bounds.shortest), bounds.longest)
    return max(interval, SAFETY_NET) if pushed else interval


def next_poll(
    now: datetime,
    interval: timedelta,
    *,
    failures: int = 0,
    pause: timedelta | None = None,
    fresh: timedelta | None = None,
    due: datetime | None = None,
    spread: float = 0.0,
) -> datetime:
    """When a source is polled next: after `interval`, doubled with each failure in a row up to a day.

    `pause` is what its server asks for (Retry-After), `fresh` how long it says that nothing changes; both only ever
    make it later, within their bounds. `spread`, between 0 and 1, moves it by up to a tenth later; by up to a whole
    interval where this poll did not come when it was `due`, so that those that came together drift apart at once.
    """
    # In seconds: arithmetic with time spans costs several times as much, and this is done at every poll.
    seconds = interval.total_seconds()
    longest = seconds if seconds > _LONGEST_INTERVAL_S else _LONGEST_INTERVAL_S
    if failures:
        wait_s = seconds * (1 << min(failures, 16)) * (1 + spread / 10)
    else:
        on_time = due is not None and abs((now - due).total_seconds()) <= max(seconds / 10, _PUNCTUAL_S)
        wait_s = seconds * (1 + (spread / 10 if on_time else spread))
    wait = timedelta(seconds=wait_s if wait_s < longest else longest)
    if pause:
        wait = max(wait, min(pause, LONGEST_PAUSE))
    if fresh:
        wait = max(wait, min(fresh, LONGEST_FRESH))
    return now + wait


def sighted(before: tuple[str | None, int], moved_to: str | None) -> tuple[str | None, int]:
    """Where permanent redirects led, and how many times in a row, after a poll that was led to `moved_to`."""
    if moved_to is None:
        return None, 0
    address, seen = before
    return moved_to, min(seen + 1, SIGHTINGS) if moved_to == address else 1


def next_attempt(now: datetime, attempts: int, asked: timedelta | None = None) -> datetime:
    """When a post is tried again after `attempts` attempts: 2, 4, 8 … seconds, at most a minute.

    A wait that Discord asked for is honoured in full.
    """
    back_off = min(timedelta(seconds=1 << min(attempts, 16)), LONGEST_RESEND)
    return now + max(back_off, asked or timedelta())


def _moments(rhythm: bytes | None) -> tuple[int, ...]:
    return struct.unpack(f"!{len(rhythm) // 4}I", rhythm) if rhythm else ()
