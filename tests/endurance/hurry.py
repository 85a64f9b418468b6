"""Time that runs faster: an event loop whose seconds are shorter, the wall clock to it, and the local Discord's.

`python -m tests.endurance.hurry BEGUN SINCE RATE` runs a bot by such a clock, with the settings of its environment.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import bot.app
from bot.config import Settings, read_settings
from bot.feeds import workers
from bot.sandbox.clock import Clock
from storage import Database


class _Hurried(selectors.DefaultSelector):
    """Waits as much shorter as the loop's seconds are."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._rate = rate

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout if timeout is None else timeout / self._rate)


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop in which `rate` seconds pass in each: sleeps, timeouts and timers are that much shorter."""

    def __init__(self, rate: float) -> None:
        self._rate, self._begun = rate, time.monotonic()
        super().__init__(_Hurried(rate))

    def time(self) -> float:
        return self._begun + (time.monotonic() - self._begun) * self._rate


@dataclass(frozen=True, slots=True)
class Wall:
    """A clock that stood at the Unix time `since` at the machine's `begun`, and runs `rate` times as fast."""

    begun: float
    since: float
    rate: float

    @classmethod
    def now(cls, rate: float) -> Wall:
        """One that tells the present."""
        return cls(time.monotonic(), time.time(), rate)

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.since + (time.monotonic() - self.begun) * self.rate, UTC)


class HurriedClock(Clock):
    """The local Discord's clock by such a wall, on an event loop whose seconds are everybody's."""

    def __init__(self, wall: Wall) -> None:
        super().__init__(wall)
        self._rate = wall.rate

    def _set_wake(self) -> None:
        loop = asyncio.get_running_loop()
        real = loop.call_later

        def sooner(delay: float, call: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
            return real(delay / self._rate, call, *args)

        # The one timer that the clock sets is told in its own seconds.
        loop.call_later = sooner  # type: ignore[method-assign]
        try:
            super()._set_wake()
        finally:
            del loop.call_later


async def _run_bot(settings: Settings) -> None:
    """Run the bot until SIGTERM, and tell every hour how many tasks it has."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def tell() -> None:
        while True:
            gc.collect()
            print(f"tasks {len(asyncio.all_tasks())}", flush=True)
            await asyncio.sleep(1800)

    telling = asyncio.create_task(tell())
    await bot.app.run_app(settings, stop, announce=lambda sentence: print(sentence, flush=True))
    telling.cancel()


def main() -> None:
    """Run a bot by the clock that the arguments name."""
    wall = Wall(*map(float, sys.argv[1:]))

    class Patient(workers.Workers):
        """Worker processes do not hurry: they get as much real time as ever."""

        def __init__(self, *, wall: float = 15.0, **limits: Any) -> None:
            super().__init__(wall=wall * rate, **limits)

    class PatientDatabase(Database):
        """Nor does a database's server."""

        @classmethod
        async def open(cls, url: str, **how: Any) -> Database:
            hurries = url.startswith("sqlite")
            return await Database.open(
                url, **how, **({} if hurries else {"patience": timedelta(seconds=10 * rate)})
            )

    rate = wall.rate
    bot.app.Database = PatientDatabase  # type: ignore[misc]
    workers._START *= rate
    bot.app.Workers = Patient  # type: ignore[misc]
    bot.app.utc_now = wall
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with asyncio.Runner(loop_factory=lambda: HurriedLoop(rate)) as runner:
        runner.run(_run_bot(read_settings(os.environ)))


if __name__ == "__main__":
    main()
