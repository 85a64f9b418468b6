"""Who may ask a host now, and until when an answer may take: what asyncio has for either, for less at each poll."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType


class Turns:
    """At each place at most `at_once` are under way; who comes later waits, in order. Idle places are forgotten."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._under_way: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def took(self, place: str) -> bool:
        """Take a turn if there is one to be had at once, as there nearly always is."""
        under_way = self._under_way.get(place, 0)
        if under_way >= self._at_once:
            return False
        self._under_way[place] = under_way + 1
        return True

    async def take(self, place: str) -> None:
        """Wait until it is our turn. Whoever has taken one gives it back with `leave`."""
        if self.took(place):
            return
        turn = asyncio.get_running_loop().create_future()
        line = self._waiting.setdefault(place, deque())
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(place)  # it was handed to us all the same
            else:
                line.remove(turn)
                if not line:
                    del self._waiting[place]
            raise

    def leave(self, place: str) -> None:
        """Hand the turn to whoever waits longest."""
        line = self._waiting.get(place)
        while line:
            turn = line.popleft()
            if not line:
                del self._waiting[place]
            if not turn.done():
                turn.set_result(None)
                return
        left = self._under_way[place] - 1
        if left:
            self._under_way[place] = left
        else:
            del self._under_way[place]


class Deadlines:
    """Ends what takes too long, as `asyncio.timeout` does, with one timer for all of them."""

    def __init__(self) -> None:
        self._running: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> Deadline:
        """A context that ends its task's work after so many seconds, by a TimeoutError."""
        return Deadline(self, seconds)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def begin(self, deadline: Deadline) -> None:
        """Watch one from now on."""
        self._running.add(deadline)
        timer = self._timer
        if timer is None or deadline.at < timer.when():
            self.close()
            self._timer = deadline.loop.call_at(deadline.at, self._ring)

    def end(self, deadline: Deadline) -> None:
        """Watch one no longer; the timer is left to ring in vain, at most once for each deadline's length."""
        self._running.discard(deadline)

    def _ring(self) -> None:
        self._timer = None
        next_one: Deadline | None = None
        for deadline in tuple(self._running):
            if deadline.at <= deadline.loop.time():
                self._running.discard(deadline)
                deadline.pass_by()
            elif next_one is None or deadline.at < next_one.at:
                next_one = deadline
        if next_one is not None:
            self._timer = next_one.loop.call_at(next_one.at, self._ring)


class Deadline:
    """One of `Deadlines`, to be entered once."""

    __slots__ = ("_cancelling", "_seconds", "_task", "_watch", "at", "loop", "passed")

    def __init__(self, watch: Deadlines, seconds: float) -> None:
        self._watch = watch
        self._seconds = seconds
        self.passed = False

    def __enter__(self) -> Deadline:
        """Begin; raises RuntimeError outside of a task."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("A deadline holds for a task.")
        self.loop, self._task, self._cancelling = loop, task, task.cancelling()
        self.at = loop.time() + max(self._seconds, 0.0)
        self._watch.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; raises TimeoutError where the deadline has passed and nobody else cancelled the task."""
        self._watch.end(self)
        if self.passed and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def pass_by(self) -> None:
        """End the work."""
        self.passed = True
        self._task.cancel()
