"""One bot on one database: the right to run is a lease, taken at the start and renewed for as long as we run."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from storage import Store
from storage.problems import DatabaseBusy, DatabaseProblem
from storage.records import Lease, LeaseHeld

log = logging.getLogger(__name__)

NAME = "bot"
DURATION = timedelta(seconds=20)
RENEW_EVERY = timedelta(seconds=5)
LOOK_AGAIN = timedelta(seconds=1)
# Whoever stops a bot kills it after ten seconds, most of which are gone when the lease is given back.
GIVE_BACK_WITHIN = timedelta(seconds=1)


class TenureProblem(Exception):
    """Another bot runs on this database, or has taken it over; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that may hold the lease. Two are comparable by `pid` only in the same `space` (machine, container)."""

    host: str
    space: str
    pid: int

    def __str__(self) -> str:
        return f"{self.host}|{self.space}|{self.pid}"

    @classmethod
    def read(cls, holder: str) -> Process | None:
        """The process that wrote itself into a lease, or None where it is not of this form."""
        parts = holder.split("|")
        if len(parts) != 3 or not parts[2].isdigit():
            return None
        return cls(parts[0], parts[1], int(parts[2]))


class Tenure:
    """Takes, keeps and gives back the lease."""

    def __init__(self, store: Store, process: Process, *, is_alive: Callable[[int], bool]) -> None:
        self._store = store
        self._process = process
        self._is_alive = is_alive
        self._lease: Lease | None = None
        self._held_until = 0.0

    def holds(self) -> bool:
        """Whether the lease surely is ours now. After a pause (a frozen machine, a lost database) it is not."""
        return _elapsed() < self._held_until

    async def take(self) -> Lease:
        """Become the one bot on this database.

        One that died here is replaced at once; one that fell silent elsewhere after its lease has run out.
        From then on the store writes nothing once somebody else has become it. While the database is busy this waits:
        one that was frozen in the midst of writing keeps SQLite's file locked until it wakes up or is ended.
        Raises TenureProblem where the other one is alive.
        """
        asked, got = await self._ask()
        if isinstance(got, LeaseHeld) and self._is_dead(got):
            asked, got = await self._ask(instead_of=got.holder)
        first = got
        while isinstance(got, LeaseHeld):
            if isinstance(first, LeaseHeld) and (
                got.holder != first.holder or got.expires_at > first.expires_at
            ):
                raise TenureProblem(
                    f"Another Broadsheet is running on this database: {_named(got)}. Stop it first, or give this "
                    "one a database of its own with DATABASE_URL."
                )
            log.info("%s may still be running on this database; waiting whether it answers", _named(got))
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
            asked, got = await self._ask()
        self._lease = got
        self._store.fence(NAME, got)
        self._held_until = asked + DURATION.total_seconds()
        return got

    async def _ask(self, instead_of: str | None = None) -> tuple[float, Lease | LeaseHeld]:
        """Ask for the lease until the database is free to answer; with the moment from which it counts."""
        told = ""
        while True:
            asked = _elapsed()
            try:
                got = await self._store.leases.take(NAME, str(self._process), DURATION, instead_of=instead_of)
            except DatabaseBusy as problem:
                if str(problem) != told:
                    log.warning(
                        "Waiting for the database before anything is begun. If a Broadsheet on it was paused or "
                        "hangs, let it go on or end it. %s",
                        problem,
                    )
                told = str(problem)
                await asyncio.sleep(LOOK_AGAIN.total_seconds())
            else:
                if told:
                    log.info("The database is free again")
                return asked, got

    async def keep(self) -> None:
        """Renew the lease until cancelled.

        Raises TenureProblem when somebody else has taken it over. While the database can't be reached the lease runs
        out, and `holds` says so, until it is renewed again.
        """
        while self._lease is not None:
            await asyncio.sleep(RENEW_EVERY.total_seconds())
            asked = _elapsed()
            try:
                renewed = await self._store.leases.renew(NAME, self._lease, DURATION)
            except DatabaseProblem as problem:
                log.warning("The lease could not be renewed, trying again: %s", problem)
                continue
            if renewed is None:
                self._lease = None
                raise TenureProblem(
                    "Another Broadsheet has taken this database over while this one was not answering; this one stops."
                )
            self._lease = renewed
            self._held_until = asked + DURATION.total_seconds()

    async def give_back(self) -> None:
        """Let the next bot start at once; while the database can't be reached it waits until the lease has run out."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        try:
            async with asyncio.timeout(GIVE_BACK_WITHIN.total_seconds()):
                await self._store.leases.release(NAME, lease)
        except DatabaseProblem as problem:
            log.warning("The lease could not be given back; it runs out by itself: %s", problem)
        except TimeoutError:
            log.warning("The lease could not be given back in time; it runs out by itself")

    def _is_dead(self, held: LeaseHeld) -> bool:
        other = Process.read(held.holder)
        if other is None or (other.host, other.space) != (self._process.host, self._process.space):
            return False
        # The one with our own number was here before us: a container's bot is always the same number.
        return other.pid == self._process.pid or not self._is_alive(other.pid)


def _elapsed() -> float:
    """Seconds since some moment: also those in which the machine slept, where the system counts them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _named(held: LeaseHeld) -> str:
    process = Process.read(held.holder)
    return held.holder if process is None else f"process {process.pid} on {process.host}"
