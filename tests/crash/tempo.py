"""A faster time: a whole bot lives ten seconds in one, so that a case with all its waits takes a few.

The loop's own time is multiplied, so every wait, timeout and back-off in the program shrinks alike, and the clock that
is handed to the program runs as fast. Nothing of the program knows.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass
class Tempo:
    """How fast time goes, and since when; equal in all processes of this machine that are given the same figures.

    `begun` is a moment of the machine's monotonic clock, in seconds, at which it was `base`, a POSIX time. `ahead` are
    seconds that were skipped.
    """

    speed: float
    begun: float
    base: float
    ahead: float = 0.0

    @classmethod
    def now_on(cls, speed: float) -> Tempo:
        """A time that is the wall's now, and faster from now on."""
        return cls(speed, time.monotonic(), time.time())

    def running(self) -> datetime:
        """What time it is, but for what was skipped."""
        return datetime.fromtimestamp(self.base + (time.monotonic() - self.begun) * self.speed, UTC)

    def now(self) -> datetime:
        """What time it is."""
        return datetime.fromtimestamp(self.running().timestamp() + self.ahead, UTC)

    def told(self) -> dict[str, Any]:
        """The figures, for another process."""
        return asdict(self)

    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop that waits that much less."""
        return _HastyLoop(self.speed)


class _HastySelector(selectors.DefaultSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout / self._speed if timeout else timeout)


class _HastyLoop(asyncio.SelectorEventLoop):
    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(_HastySelector(speed))

    def time(self) -> float:
        return super().time() * self._speed
