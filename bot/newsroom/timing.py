"""When to do a thing next: pure functions of what happened and a given `now`."""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_BACK_OFF = timedelta(days=1)
# Short, since what waits is usually Discord itself: once it is back, nobody wants to wait longer.
LONGEST_RESEND = timedelta(minutes=1)


def next_poll(
    now: datetime,
    interval: timedelta,
    *,
    failures: int = 0,
    asked: timedelta | None = None,
    spread: float = 0.0,
) -> datetime:
    """When a source is polled next: after `interval`, doubled with each failure in a row up to a day.

    `asked` is the server's own Retry-After, which only ever makes it later, up to a day. `spread`, between 0
    and 1, moves the poll by up to a tenth later, so that sources added together drift apart.
    """
    doubled: timedelta = interval * (1 << min(failures, 16))
    back_off = min(doubled, max(LONGEST_BACK_OFF, interval))
    wait = max(back_off * (1 + spread / 10), min(asked or timedelta(), LONGEST_BACK_OFF))
    return now + wait


def next_attempt(now: datetime, attempts: int, asked: timedelta | None = None) -> datetime:
    """When a post is tried again after `attempts` attempts: 2, 4, 8 … seconds, at most a minute.

    A wait that Discord asked for is honoured in full.
    """
    back_off = min(timedelta(seconds=1 << min(attempts, 16)), LONGEST_RESEND)
    return now + max(back_off, asked or timedelta())
