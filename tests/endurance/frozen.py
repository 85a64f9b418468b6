"""Two bots on one database; whichever works is frozen and thawed again and again, also in the middle of sending."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from bot.config import Settings
from bot.sandbox import Sandbox
from bot.sandbox.limits import Limits
from tests.endurance.stage import Stage, set_up
from tests.journey.broadsheet import ROOT, environment

# A bot that found another one at work is started again after this, as a service manager would.
START_AGAIN = 2.0
# For how long one is frozen, in seconds: the lease lasts for 20.
SHORTEST, LONGEST = 1.0, 45.0
# Longer than Discord remembers a nonce.
FORGOTTEN = 1200.0
QUIET_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Frozen:
    """What came of it: freezes, how often the other one took over, and the posts that are lost or there twice."""

    published: int
    freezes: int
    takeovers: int
    lost: list[tuple[str, str]]
    twice: list[tuple[str, str]]


class Keeper:
    """Keeps a bot running in a process of its own."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._environment = environment(settings)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.works = False
        self.times_at_work = 0

    async def run(self) -> None:
        """Start it whenever it is not running, until cancelled."""
        while True:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot", "run"),
                    cwd=ROOT,
                    env=self._environment,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                )
            assert self._process.stdout is not None
            async for line in self._process.stdout:
                if re.search(rb"Connected to Discord", line):
                    self.works = True
                    self.times_at_work += 1
            self.works = False
            await self._process.wait()
            await asyncio.sleep(START_AGAIN)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def end(self) -> None:
        """End it for good."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()


@asynccontextmanager
async def kept(settings: Settings, folder: Path) -> AsyncIterator[tuple[Keeper, Keeper]]:
    """Two bots with the same settings, kept running."""
    keepers = Keeper(settings, folder / "one.log"), Keeper(settings, folder / "other.log")
    tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
    try:
        yield keepers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for keeper in keepers:
            await keeper.end()


async def run(database_url: str, folder: Path, *, seconds: float, seed: int) -> Frozen:
    """Publish for so long, freezing whichever bot works; then let all thaw and count."""
    chance = Random(seed)
    async with Sandbox(limits=Limits.off()) as sandbox, set_up(sandbox, ("news", "views")) as stage:
        stage.publish()
        settings = stage.settings(database_url, timedelta(seconds=1))
        async with kept(settings, folder) as keepers:
            await _until(lambda: any(keeper.works for keeper in keepers), 40)
            for channel in stage.channels:
                await stage.people[0].slash("subscribe", url=stage.press.feed_url, in_=channel)
            publishing = asyncio.create_task(_publish(stage, chance))
            freezes = 0
            end = asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < end:
                freezes += await _freeze_one(stage, keepers, chance)
            publishing.cancel()
            await _until(lambda: not stage.missing(), QUIET_WITHIN)
            # What would come twice comes late.
            await asyncio.sleep(5)
            takeovers = sum(keeper.times_at_work for keeper in keepers) - 1
        return Frozen(len(stage.headlines), freezes, takeovers, stage.missing(), stage.twice())


async def _freeze_one(stage: Stage, keepers: tuple[Keeper, Keeper], chance: Random) -> int:
    await asyncio.sleep(chance.uniform(0.5, 6))
    working = [keeper for keeper in keepers if keeper.works]
    if not working:
        return 0
    frozen = chance.choice(working)
    frozen.signal(signal.SIGSTOP)
    await asyncio.sleep(chance.choice((chance.uniform(SHORTEST, 10), chance.uniform(22, LONGEST))))
    if chance.random() < 0.5:
        stage.sandbox.clock.advance(FORGOTTEN)
    frozen.signal(signal.SIGCONT)
    return 1


async def _publish(stage: Stage, chance: Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        stage.publish()


async def _until(holds: object, seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not holds() and asyncio.get_running_loop().time() < end:  # type: ignore[operator]
        await asyncio.sleep(0.2)
