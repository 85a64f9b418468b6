"""How a fault is brought to its point: by the life's own hook, by the local Discord, or by the press."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from typing import Any

from bot.sandbox.faults import Cut, Hang, Limited, Meanwhile, SlowBody, Status
from tests.crash.life import Life, Stuck
from tests.crash.points import ENDING, OF_DATABASES, Case, Fault
from tests.crash.scene import Scene

# Seconds of the wall; they cost nothing where all goes well, and a busy machine needs them.
REACHED_WITHIN = 45.0
ROUTES = {
    "message": ("POST", "/channels/{channel_id}/messages"),
    "thread": ("POST", "/channels/{channel_id}/messages/{message_id}/threads"),
    "forum post": ("POST", "/channels/{channel_id}/threads"),
    "vote": ("PUT", "*/reactions/*/@me"),
    "crosspost": ("POST", "*/crosspost"),
    "pin": ("PUT", "*/pins/*"),
    "page": ("GET", "/channels/{channel_id}/messages"),
}


class Attack:
    """One fault at one point of one life."""

    def __init__(self, case: Case, made: Scene) -> None:
        self._case = case
        self._made = made
        self._victim: Life | None = None
        # Whether a fault of the local Discord's or the press's has met the bot.
        self._met: Callable[[], object] = lambda: False

    @property
    def armed(self) -> dict[str, Any] | None:
        """The order for the life's own hook; None where the local Discord or the press does it."""
        point, fault = self._case.point, self._case.fault
        if point.where == "accepted":
            return None
        if fault in ENDING or fault in OF_DATABASES or (fault, point.where) == (Fault.RESET, "headers"):
            return {"arm": point.hook, "nth": point.nth, "deed": str(fault)}
        return None

    def order(self) -> None:
        """Have the local Discord, or the press, do what is theirs to do."""
        point, fault, made = self._case.point, self._case.fault, self._made
        if point.what == "fetch" and self.armed is None:
            made.press.failure, made.press.failing = str(fault), 2
            self._met = lambda: made.press.failing < 2
            return
        failure: Any = None
        times = 1
        match fault:
            case Fault.TIMEOUT:
                failure = SlowBody(12) if point.where == "headers" else Hang(12)
            case Fault.RESET:
                failure = SlowBody(1) if point.where == "headers" else Cut()
            case Fault.STATUS:
                # discord.py tries a call five times, but what has no nonce once.
                failure, times = Status(502), 2 if point.what == "forum post" else 6
            case Fault.LIMITED:
                failure, times = Limited("user", 3.0), 2
            case Fault.KILL | Fault.TERM if point.where == "accepted":
                number = signal.SIGKILL if fault is Fault.KILL else signal.SIGTERM
                failure = Meanwhile(lambda: self._signal(number), str(fault))
        if failure is not None:
            method, route = ROUTES[point.what]
            when = "before" if point.where == "leaving" else "after"
            ordered = made.sandbox.faults.next(method, route, failure, when, times)
            self._met = lambda: ordered.portion.met

    def _signal(self, number: signal.Signals) -> None:
        assert self._victim is not None
        self._victim.signal(number)

    async def begin(self, life: Life) -> None:
        """Attack a life that goes on: the next time that its work comes to the point."""
        self._victim = life
        self.order()
        if self.armed is not None:
            await life.arm(self.armed)

    async def reaches(self, life: Life) -> None:
        """Wait until the fault has met the bot. Raises Stuck where it does not."""
        self._victim = life
        hook = self._case.point.hook
        if self.armed is not None:
            await life.reaches(hook, REACHED_WITHIN)
            if hook not in life.reached:
                raise Stuck(f"It ended with {life.code} and never came to {hook!r}.")
            return
        until = time.monotonic() + REACHED_WITHIN
        while not self._met():
            if time.monotonic() > until:
                raise Stuck(f"Nothing came to {hook!r}.")
            await asyncio.sleep(0.02)
