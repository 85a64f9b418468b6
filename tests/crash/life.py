"""Lives of the bot as the harness sees them: begun, armed, signalled, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash.tempo import Tempo

# Seconds of the wall; they cost nothing where all goes well, and a busy machine needs them.
STARTS_WITHIN = 45.0
ENDS_WITHIN = 20.0


class Stuck(AssertionError):
    """Something that had to happen did not; the message says what, and where the life's log is."""


@dataclass(frozen=True)
class Order:
    """How lives are begun: the nursery's socket, the bot's settings, the time, the log, how long trouble lasts."""

    nursery: Path
    settings: Mapping[str, Any]
    tempo: Tempo
    log: Path
    trouble_s: float = 2.0


class Life:
    """One process of the bot. `pid` is its process, `code` its exit code once it has ended."""

    def __init__(self, order: Order, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = 0
        self.code: int | None = None
        self.reached: list[str] = []
        self.connected = False
        self._order = order
        self._writer = writer
        self._told = asyncio.Condition()
        self._listening = asyncio.create_task(self._listen(reader))

    @classmethod
    async def begin(
        cls, order: Order, armed: Mapping[str, Any] | None = None, lease_s: float | None = None
    ) -> Life:
        """Begin a life; with `armed` something happens to it early. It may not be connected yet."""
        reader, writer = await asyncio.open_unix_connection(str(order.nursery))
        wanted = {
            "settings": dict(order.settings),
            "tempo": order.tempo.told(),
            "log": str(order.log),
            "armed": armed,
            "lease_s": lease_s,
            "trouble_s": order.trouble_s,
        }
        writer.write(json.dumps(wanted).encode() + b"\n")
        await writer.drain()
        life = cls(order, reader, writer)
        await life._until("begun", lambda: life.pid, STARTS_WITHIN)
        return life

    async def connects(self) -> None:
        """Wait until it is connected to Discord."""
        await self._until("connected", lambda: self.connected or self.code is not None, STARTS_WITHIN)
        if not self.connected:
            raise Stuck(f"The life ended with {self.code} before it was connected; see {self._order.log}.")

    async def arm(self, armed: Mapping[str, Any]) -> None:
        """Have something happen when its work comes to a point."""
        self._writer.write(json.dumps(armed).encode() + b"\n")
        await self._writer.drain()

    async def reaches(self, hook: str, within: float) -> None:
        """Wait until its work came there, or it ended."""
        await self._until(f"come to {hook!r}", lambda: hook in self.reached or self.code is not None, within)

    async def says(self, words: str, within: float = ENDS_WITHIN) -> None:
        """Wait until these words stand in the log of the case's lives."""
        until = time.monotonic() + within
        while words not in self._order.log.read_text():
            if time.monotonic() > until:
                raise Stuck(f"After {within:g} s it had not said {words!r}; see {self._order.log}.")
            await asyncio.sleep(0.05)

    async def ends(self, within: float = ENDS_WITHIN) -> int:
        """Wait for its end; answers the exit code."""
        await self._until("ended", lambda: self.code is not None, within)
        assert self.code is not None
        return self.code

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self.code is None and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def close(self) -> None:
        """Kill it, if it lives."""
        self.signal(signal.SIGKILL)
        with contextlib.suppress(Stuck):
            await self.ends()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        self._writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            told = json.loads(line)
            async with self._told:
                self.pid = told.get("pid", self.pid)
                self.code = told.get("code", self.code)
                self.connected |= "connected" in told
                self.reached += [told["reached"]] if "reached" in told else []
                self._told.notify_all()

    async def _until(self, what: str, holds: Callable[[], object], within: float) -> None:
        try:
            async with asyncio.timeout(within), self._told:
                await self._told.wait_for(lambda: bool(holds()))
        except TimeoutError:
            raise Stuck(f"After {within:g} s it had not {what}; see {self._order.log}.") from None


@contextlib.asynccontextmanager
async def lives(order: Order) -> AsyncIterator[Callable[..., Any]]:
    """Begins lives with this order; those that go on at the end of the block are killed."""
    begun: list[Life] = []

    async def begin(**options: Any) -> Life:
        life = await Life.begin(order, **options)
        begun.append(life)
        return life

    try:
        yield begin
    finally:
        for life in begun:
            await life.close()
