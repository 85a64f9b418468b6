"""A day in a few minutes: the whole bot on a loop that hurries, a fault every hour, and what is left of it at the end.

this thread:  the bot, on a hurried loop with a hurried clock
another one:  the local Discord, the paper and the people, on a loop with everybody's seconds
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import psutil

from bot.config import Settings
from bot.sandbox import Sandbox
from bot.sandbox.faults import Cut, Dropped, Edge, Hang, Limited, Reordered, Repeated, SlowBody, Status
from bot.sandbox.limits import Limits
from storage import Database
from tests.endurance.hurry import HurriedClock, Wall
from tests.endurance.stage import Stage, set_up
from tests.journey.broadsheet import ROOT, environment, run_command
from tests.mirror import mirror_differences

HOUR = 3600.0
# Each fault lasts for so long.
TROUBLE = 600.0
SEND_MESSAGES = 1 << 11
# A day on which memory grows by more megabytes than this from its second third to its last is not flat.
FLAT = 8.0
# In so many minutes after the last fault all has to be in its place.
QUIET_WITHIN = 240
MEMBERS_VOTES = ("👍", "👎")


@dataclass
class Hour:
    """The state after an hour: megabytes of memory, tasks, posts not in their channels, and which fault it had."""

    fault: str
    memory: float
    tasks: int
    missing: int


@dataclass
class Day:
    """What came of it."""

    hours: list[Hour] = field(default_factory=list)
    published: int = 0
    votes: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)
    twice: list[tuple[str, str]] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: str = ""

    @property
    def growth(self) -> float:
        """Megabytes that the last third of the day took more than the third before it, by their medians."""
        third = max(len(self.hours) // 3, 1)
        held = [hour.memory for hour in self.hours]
        before, last = sorted(held[-2 * third : -third]), sorted(held[-third:])
        return last[len(last) // 2] - before[len(before) // 2] if before else 0.0


Fault = Callable[["World"], Awaitable[None]]


class World:
    """The local Discord with its stage, and the faults that befall them; on the loop of a thread of its own."""

    def __init__(self, stage: Stage, database_url: str, rate: float, chance: Random) -> None:
        self.stage = stage
        self.sandbox = stage.sandbox
        self.database_url = database_url
        self.rate = rate
        self.chance = chance
        self.votes = 0

    async def wait(self, seconds: float) -> None:
        """Wait for so many of the day's seconds."""
        await asyncio.sleep(seconds / self.rate)

    async def live(self, seconds: float) -> None:
        """Articles appear and members vote, reply, edit and delete, for so many of the day's seconds."""
        for _ in range(4):
            await self.wait(seconds / 4 * self.chance.uniform(0.6, 1.0))
            self.stage.publish()
            for person in self.stage.people[1:]:
                with suppress(Exception):  # what a member wants may just fail: the day is full of faults
                    await self._act(person)

    async def _act(self, person: Any) -> None:
        channel = self.chance.choice(self.stage.channels)
        cards = [one for one in await person.messages(channel, limit=20) if one["embeds"]]
        if not cards:
            return
        card = self.chance.choice(cards)
        await person.react(card, self.chance.choice(MEMBERS_VOTES))
        self.votes += 1
        answer = await person.reply(card, f"Answer {self.votes}")
        if self.chance.random() < 0.3:
            await person.edit(answer, f"Better answer {self.votes}")
        if self.chance.random() < 0.2:
            await person.delete(answer)

    async def requests(self, failure: Any, when: Any = "before", share: float = 0.5) -> None:
        """Let a share of the bot's requests fail for the fault's time."""
        self.sandbox.faults.some("*", "/channels/*", failure, when, share, seed=1, for_s=TROUBLE)
        await self.wait(TROUBLE)

    async def events(self) -> None:
        """Lose, repeat and swap events; then a session that can't be resumed, after which the mirror is read again."""
        gateway = self.sandbox.faults.gateway
        for trouble in (Dropped(), Repeated(), Reordered()):
            gateway.some(trouble, "MESSAGE_*", share=0.07, seed=2, for_s=TROUBLE)
        await self.wait(TROUBLE)
        gateway.invalidate()

    async def permission(self) -> None:
        """Take the right to send in one channel, and give it back."""
        channel, owner = self.stage.channels[0], self.stage.people[0]
        self.sandbox.deeds.take_permission(channel, SEND_MESSAGES)
        await self.wait(2 * TROUBLE)
        (bot_id,) = [user.id for user in self.sandbox.stage.world.users.values() if user.bot]
        await owner.allow(channel, bot_id, SEND_MESSAGES)

    async def outage(self) -> None:
        """The guild is away, and comes back."""
        self.sandbox.faults.gateway.outage(self.stage.town.id)
        await self.wait(TROUBLE)
        self.sandbox.faults.gateway.end_outage(self.stage.town.id)

    async def paper(self) -> None:
        """The paper fails."""
        self.stage.press.status = 503
        await self.wait(TROUBLE)
        self.stage.press.status = 200

    async def database(self) -> None:
        """The database is locked, or ends its connections again and again."""
        if self.database_url.startswith("sqlite"):
            await asyncio.to_thread(_hold, self.database_url.removeprefix("sqlite:///"), 8.0)
            return
        connection = await asyncpg.connect(self.database_url)
        for _ in range(10):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await self.wait(TROUBLE / 10)
        await connection.close()


def _hold(path: str, seconds: float) -> None:
    """Hold a SQLite database's write lock, for longer than anybody waits for it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    threading.Event().wait(seconds)
    connection.execute("ROLLBACK")
    connection.close()


async def _close(world: World, code: int) -> None:
    await world.sandbox.faults.gateway.close(code)


async def _at_once(deed: Callable[[], object]) -> None:
    deed()


FAULTS: dict[str, Fault] = {
    "500": lambda world: world.requests(Status(500)),
    "502 after the deed": lambda world: world.requests(Status(502), "after"),
    "503": lambda world: world.requests(Status(503)),
    "cut before": lambda world: world.requests(Cut()),
    "cut after the deed": lambda world: world.requests(Cut(), "after"),
    "limited": lambda world: world.requests(Limited("user", 20), share=0.3),
    "limited everywhere": lambda world: world.requests(Limited("global", 20), share=0.1),
    "slow answers": lambda world: world.requests(SlowBody(0.3)),
    "no answer": lambda world: world.requests(Hang(1.5), share=0.3),
    "no answer after the deed": lambda world: world.requests(Hang(1.5), "after", share=0.3),
    "the edge's 502": lambda world: world.requests(Edge(502)),
    "session closed": lambda world: _close(world, 4000),
    "session cut": lambda world: _at_once(world.sandbox.faults.gateway.cut),
    "session invalid": lambda world: _at_once(world.sandbox.faults.gateway.invalidate),
    "session moved": lambda world: _at_once(world.sandbox.faults.gateway.reconnect),
    "session silent": lambda world: _at_once(lambda: world.sandbox.faults.gateway.silence(TROUBLE)),
    "events lost, repeated, swapped": World.events,
    "a permission taken": World.permission,
    "guild away": World.outage,
    "paper away": World.paper,
    "database away": World.database,
}


async def run(
    database_url: str, folder: Path, *, hours: int, rate: float, seed: int, told: Callable[[str], None]
) -> Day:
    """Live through so many hours at `rate` times their speed; `told` hears of each."""
    day, chance, present = Day(), Random(seed), Wall.now(rate)
    # Beats are in everybody's seconds; the client gives up after a minute of its own without one.
    limits = replace(Limits.off(), heartbeat_s=30 / rate)
    async with (
        Sandbox(limits=limits, clock=HurriedClock(present)) as sandbox,
        set_up(sandbox, ("news", "views", "sports")) as stage,
        hurried(stage.settings(database_url, timedelta(minutes=5)), present, folder / "bot.log") as bot,
    ):
        world = World(stage, database_url, rate, chance)
        stage.publish()
        for channel in stage.channels:
            # The bot itself would have three of its hurried seconds for an answer.
            settings = stage.settings(database_url, timedelta(minutes=5))
            code, out, err = await run_command(
                settings, "subscribe", "--channel", channel, stage.press.feed_url
            )
            assert code == 0, out + err
        for number, (name, fault) in zip(range(hours), _in_turn(chance), strict=False):
            begun = present()
            await asyncio.gather(fault(world), world.live(HOUR * 0.9))
            await world.wait(HOUR - (present() - begun).total_seconds())
            hour = Hour(name, bot.memory(), bot.tasks, len(stage.missing()))
            day.hours.append(hour)
            told(
                f"hour {number + 1}: {name}; {hour.memory:.0f} MB, {hour.tasks} tasks, {hour.missing} posts missing"
            )
            if bot.ended:
                break
        sandbox.faults.clear()
        await _settle(world, day)
        day.ended = bot.ended
    day.errors = [
        line
        for line in (folder / "bot.log").read_text().splitlines()
        if line.startswith(("ERROR", "CRITICAL"))
    ]
    return day


async def _settle(world: World, day: Day) -> None:
    """Wait until all is in its place, for as long as it may take, and write down what is not."""
    database = await Database.open(world.database_url)
    try:
        for _ in range(QUIET_WITHIN):
            await world.wait(60)
            day.differences = await mirror_differences(world.sandbox.stage.world, database)
            if not world.stage.missing() and not day.differences:
                break
        await world.wait(300)  # what would come twice comes late
    finally:
        await database.close()
    day.published, day.votes = len(world.stage.headlines), world.votes
    day.lost, day.twice = world.stage.missing(), world.stage.twice()


class HurriedBot:
    """A bot in a process of its own whose time runs faster."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.tasks = 0
        self.connected = asyncio.Event()

    @property
    def ended(self) -> str:
        """How it ended, where it did."""
        code = self._process.returncode
        return "" if code is None else f"exit code {code}"

    def memory(self) -> float:
        """Resident megabytes of its process; those of workers come and go."""
        return 0.0 if self.ended else psutil.Process(self._process.pid).memory_info().rss / 1e6

    async def listen(self) -> None:
        """Hear what it tells."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"tasks "):
                self.tasks = int(line.split()[1])
            elif b"Connected to Discord" in line:
                self.connected.set()


@asynccontextmanager
async def hurried(settings: Settings, present: Wall, log: Path) -> AsyncIterator[HurriedBot]:
    """A bot with these settings, connected, whose clock is this one; stopped in order at the end."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.endurance.hurry"),
            *map(repr, (present.begun, present.since, present.rate)),
            cwd=ROOT,
            env=environment(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    bot = HurriedBot(process)
    listening = asyncio.create_task(bot.listen())
    try:
        async with asyncio.timeout(40):
            await bot.connected.wait()
        yield bot
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.gather(process.wait(), listening)


def _in_turn(chance: Random) -> Iterator[tuple[str, Fault]]:
    """All faults in an order of this seed, again and again."""
    while True:
        names = list(FAULTS)
        chance.shuffle(names)
        for name in names:
            yield name, FAULTS[name]
