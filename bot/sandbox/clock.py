"""The sandbox's time: it runs with the wall's, and a test can move it forward.

All that Discord does by time asks this clock: interactions that run out, threads that archive, limits that
reset, sessions that expire. Only heartbeats and the slowness of faults go by the loop's own time, as the
client at the other end does.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Ids of 63 bits, counted in milliseconds from 2015, end in 2084.
_END = datetime(2080, 1, 1, tzinfo=UTC)


class Timer:
    """A call that waits for its time; `cancel` calls it off."""

    def __init__(self, at: datetime, call: Callable[[], None]) -> None:
        self.at = at
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Call it off; also one that was made already, or cancelled before."""
        self._call = None

    def fire(self) -> None:
        """Make the call, once."""
        call, self._call = self._call, None
        if call is not None:
            call()

    @property
    def waits(self) -> bool:
        """Whether it was neither made nor called off."""
        return self._call is not None


class Clock:
    """Tells the time in UTC and makes calls when it comes.

    `wall` is what it runs with. Timers need a running event loop; calls are made on it, in their order.
    """

    def __init__(self, wall: Callable[[], datetime] | None = None) -> None:
        self._wall = wall or (lambda: datetime.now(UTC))
        self._ahead = timedelta(0)
        self._timers: list[tuple[datetime, int, Timer]] = []
        self._order = itertools.count()
        self._wake: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        """What time it is in the sandbox."""
        return self._wall() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the time forward, and make the calls that came due on the way, each at its own time.

        Raises ValueError for a step back, as ids and stamps only ever grow, and for one beyond 2080.
        """
        if seconds < 0:
            raise ValueError("The sandbox's clock moves forward only.")
        if seconds > (_END - self.now()).total_seconds():
            raise ValueError("The sandbox's clock goes up to the year 2080: soon after, Discord's ids end.")
        goal = self.now() + timedelta(seconds=seconds)
        try:
            while self._timers and self._timers[0][0] <= goal:
                self._ahead += max(timedelta(0), self._timers[0][0] - self.now())
                self._fire_next()
            self._ahead += max(timedelta(0), goal - self.now())
        finally:
            self._set_wake()

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Make a call in so many seconds of the sandbox's time."""
        return self.call_at(self.now() + timedelta(seconds=seconds), call)

    def call_at(self, moment: datetime, call: Callable[[], None]) -> Timer:
        """Make a call at a moment; one that has passed means at once, from the loop."""
        timer = Timer(moment, call)
        heapq.heappush(self._timers, (moment, next(self._order), timer))
        if self._timers[0][2] is timer:
            self._set_wake()
        return timer

    def close(self) -> None:
        """Forget all timers."""
        self._timers.clear()
        if self._wake is not None:
            self._wake.cancel()

    def _fire_next(self) -> None:
        _, _, timer = heapq.heappop(self._timers)
        timer.fire()

    def _set_wake(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        while self._timers and not self._timers[0][2].waits:
            heapq.heappop(self._timers)
        if self._timers:
            delay = (self._timers[0][0] - self.now()).total_seconds()
            self._wake = asyncio.get_running_loop().call_later(max(0.0, delay), self._ring)

    def _ring(self) -> None:
        self._wake = None
        # What became due by now; a call may set further timers.
        now = self.now()
        try:
            while self._timers and self._timers[0][0] <= now:
                self._fire_next()
        finally:
            self._set_wake()
