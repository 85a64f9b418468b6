"""One case: a scene, a fault at a point, what members do meanwhile, another life, quiet, and the verdict."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from storage import schema
from tests.crash.attack import Attack
from tests.crash.life import Life, Order, Stuck, lives
from tests.crash.points import ENDING, FREEZING, Case, Fault
from tests.crash.scene import DOWN, KINDS, UP, Scene, scene
from tests.crash.tempo import Tempo

SPEED = 10.0
# Seconds of the wall.
QUIET_WITHIN = 25.0
# Of the bot's time: Discord remembers a nonce for about five minutes.
LONG = 600.0
# A life that is to be frozen holds its lease so long, in seconds of the wall.
LEASE = 1.5


@dataclass
class Verdict:
    """What a case came to; sentences. All empty: well."""

    case: str
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)
    """What else went wrong: the point was not reached, a life ended badly, something was left half done."""

    @property
    def well(self) -> bool:
        """Whether all is as it should be."""
        return not (self.lost or self.twice or self.steps or self.unlike or self.amiss)

    def told(self) -> str:
        """The case and what is wrong with it."""
        kinds = {
            "LOST": self.lost,
            "TWICE": self.twice,
            "STEPS": self.steps,
            "MIRROR": self.unlike,
            "AMISS": self.amiss,
        }
        lines = [f"{kind} {one}" for kind, found in kinds.items() for one in found[:4]]
        return "\n    ".join([f"{self.case} ({self.seconds:.1f} s)", *lines])


async def judge(made: Scene, verdict: Verdict) -> None:
    """Hold the scene against what should be."""
    verdict.lost += made.missing()
    verdict.twice += made.repeated()
    verdict.steps += made.unfinished()
    verdict.unlike += await made.unlike()


async def run_case(
    case: Case, nursery: Path, database_url: str, log: Path, migrating: asyncio.Lock
) -> Verdict:
    """Play a case on an empty, migrated database. Alembic takes one step at a time in a process: `migrating`."""
    verdict, begun = Verdict(case.name), time.monotonic()
    tempo = Tempo.now_on(SPEED)
    try:
        # What subscriptions could not wish before the newest migration is lost on the way back.
        kinds = ("news",) if case.point.story == "migration" else tuple(KINDS)
        async with scene(database_url, tempo, kinds) as made:
            order = Order(nursery, made.settings, tempo, log)
            async with lives(order) as begin:
                await _Play(case, made, begin, verdict, migrating).run()
            await judge(made, verdict)
    except Exception as error:  # one case that breaks must not sink the others
        verdict.amiss.append(f"{type(error).__name__}: {error}")
    verdict.seconds = time.monotonic() - begun
    return verdict


class _Play:
    """The course of one case."""

    def __init__(
        self, case: Case, made: Scene, begin: Callable[..., Any], verdict: Verdict, migrating: asyncio.Lock
    ) -> None:
        self._case = case
        self._migrating = migrating
        self._made = made
        self._begin = begin
        self._verdict = verdict
        self._comments: dict[str, Any] = {}
        self._victim: Life | None = None
        self._attack = Attack(case, made)
        # Whoever freezes has to be replaced before long.
        self._lease_s = LEASE if case.fault in FREEZING else None

    async def run(self) -> None:
        case, made = self._case, self._made
        life: Life = await self._begin(lease_s=self._lease_s)
        await life.connects()
        made.publish("Old bridge reopens")
        await self._expect_quiet()
        await self._members_begin()
        await self._expect_quiet()
        match case.point.story:
            case "reconciliation" | "migration":
                await self._end(life)
                await self._members_go_on()
                if case.point.story == "migration":
                    await self._step_back()
                self._attack.order()
                life = self._victim = await self._begin(armed=self._attack.armed, lease_s=self._lease_s)
            case story:
                self._victim = life
                await self._attack.begin(life)
                if story == "delivery":
                    made.publish("Ferry runs at night")
                    made.publish("Market moves to the square")
                else:
                    await self._act(story)
        await self._attack.reaches(life)
        life = await self._aftermath(life)
        made.publish("Harbour opens early")
        await made.quiet(QUIET_WITHIN)
        if case.fault in FREEZING and self._victim is not life and self._victim.code is None:
            await self._thaw()
            await made.quiet(QUIET_WITHIN)
        await self._end(life)

    async def _expect_quiet(self) -> None:
        """What has nothing to do with the fault must go well, or the case shows nothing."""
        made = self._made
        await made.quiet(QUIET_WITHIN)
        if wrong := [*made.missing(), *made.unfinished(), *await made.unlike()]:
            raise Stuck(f"Before anything happened: {wrong[:3]}")

    async def _aftermath(self, life: Life) -> Life:
        """What members and publishers do meanwhile, and the next life where one is needed; answers who lives."""
        case, made = self._case, self._made
        if case.fault is Fault.FREEZE_WRITING:
            return await self._follow_frozen(life)
        if case.fault in (Fault.KILL, Fault.TERM):
            code = await life.ends()
            await self._look_at_end(code)
        elif case.point.story == "migration" and not await self._starts(life):
            pass  # a start that can't migrate ends with a sentence
        elif case.fault not in ENDING:
            made.publish("Night bus is late")
            await self._members_go_on()
            return life
        life = await self._begin_another()
        await life.connects()
        return life

    async def _begin_another(self) -> Life:
        """The next life, after what happened meanwhile."""
        made = self._made
        made.publish("Night bus is late")
        await self._members_go_on()
        if self._case.downtime == "long":
            made.sandbox.clock.advance(LONG)
            made.tempo.ahead += LONG
        life: Life = await self._begin(lease_s=self._lease_s)
        return life

    async def _follow_frozen(self, frozen: Life) -> Life:
        """Begin another life while a frozen one has the database's locks; answers which of them lives at last.

        PostgreSQL ends the frozen one's transaction. SQLite's file stays locked: the other one says that it waits,
        until the frozen one is killed, or wakes up and finds itself still the one bot, or not.
        """
        other = await self._begin_another()
        if self._case.database == "sqlite":
            await other.says("Waiting for the database")
        if self._case.downtime == "long":
            frozen.signal(signal.SIGKILL)
            await frozen.ends()
        elif self._case.database == "sqlite":
            frozen.signal(signal.SIGCONT)
            ending = [asyncio.create_task(life.ends()) for life in (frozen, other)]
            await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            if (codes := sorted(str(life.code) for life in (frozen, other))) != ["1", "None"]:
                self._verdict.amiss.append(
                    f"of the one that woke up and the one that waited one has to end: {codes}"
                )
        life = other if other.code is None else frozen
        await life.connects()
        return life

    async def _starts(self, life: Life) -> bool:
        """Whether it comes up all the same."""
        try:
            await life.connects()
        except Stuck:
            await life.ends()
            return False
        return True

    async def _look_at_end(self, code: int) -> None:
        fault = self._case.fault
        if code != (-signal.SIGKILL if fault is Fault.KILL else 0):
            self._verdict.amiss.append(f"after {fault} the process ended with {code}")
        if fault is Fault.TERM and self._case.point.story != "migration":
            async with self._made.database.reading() as connection:
                begun = await connection.scalar(text("SELECT count(*) FROM posts WHERE state = 'sending'"))
            if begun:
                self._verdict.amiss.append(f"SIGTERM left {begun} posts half sent")

    async def _thaw(self) -> None:
        """The frozen one wakes up: it must end, and do nothing more."""
        assert self._victim is not None
        self._victim.signal(signal.SIGCONT)
        code = await self._victim.ends()
        if code != 1:
            self._verdict.amiss.append(f"the frozen one ended with {code} once it woke up")

    async def _end(self, life: Life) -> None:
        begun = time.monotonic()
        life.signal(signal.SIGTERM)
        code = await life.ends()
        took = (time.monotonic() - begun) * SPEED
        if code != 0 or took > 60:
            self._verdict.amiss.append(f"SIGTERM at rest: ended with {code} after {took:.0f} s of its time")

    async def _step_back(self) -> None:
        """Take the database back to the version before the newest, with all that is in it."""
        versions = schema._versions()
        database = self._made.database
        async with self._migrating, database.writing() as connection:
            await connection.run_sync(schema.downgrade, versions[-2])
        await database.close()  # what it knows of the tables is no more so

    async def _members_begin(self) -> None:
        alice, bob, carol = self._made.people
        card = self._made.card("Old bridge reopens", "news")
        await bob.react(card, UP)
        await carol.react(card, DOWN)
        self._comments["bob"] = await bob.reply(card, "I walked over it.")
        self._comments["carol"] = await carol.reply(card, "I will regret this.")
        self._comments["alice"] = await alice.say("Who was there?", in_=card["id"])
        for kind in self._made.channels:
            await alice.react(self._made.card("Old bridge reopens", kind), UP)
        if "board" in self._made.channels:
            post = self._made.card("Old bridge reopens", "board")
            self._comments["board"] = await bob.say("In the forum.", in_=post["id"])

    async def _act(self, story: str) -> None:
        """The deed whose mirror the fault is in."""
        alice, _, carol = self._made.people
        card = self._made.card("Old bridge reopens", "wire")
        match story:
            case "vote":
                await carol.react(card, DOWN)
            case "comment":
                await carol.reply(card, "Is it safe?")
            case "edit":
                await alice.edit(self._comments["alice"], "Who was there on Monday?")
            case "deletion":
                self._comments["gone"] = True
                await carol.delete(self._comments["carol"])

    async def _members_go_on(self) -> None:
        """Votes change, comments come, are edited and go; once a case, whoever listens."""
        if self._comments.get("went on"):
            return
        self._comments["went on"] = True
        alice, bob, carol = self._made.people
        card = self._made.card("Old bridge reopens", "news")
        await bob.unreact(card, UP)
        await alice.react(card, DOWN)
        await bob.edit(self._comments["bob"], "I ran over it.")
        if "gone" not in self._comments:
            await carol.delete(self._comments["carol"])
        await alice.reply(self._comments["bob"], "So did I!")
        await carol.say("I was.", in_=card["id"])
        await bob.react(self._comments["alice"], UP)
        if "board" in self._made.channels:
            await bob.edit(self._comments["board"], "In the forum, on Monday.")
