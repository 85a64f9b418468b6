"""The matrix: at which points of its work the bot is met by which faults. Pure.

What makes no sense is skipped by a rule that says why, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What happens at a point."""

    KILL = "kill"
    TERM = "term"
    FREEZE = "freeze"
    FREEZE_WRITING = "freeze while writing"
    TIMEOUT = "timeout"
    RESET = "reset"
    STATUS = "5xx"
    LIMITED = "429"
    LOCKED = "locked"
    FULL = "full"
    GONE = "gone"
    LOST = "lost"


FREEZING = (Fault.FREEZE, Fault.FREEZE_WRITING)
ENDING = (Fault.KILL, Fault.TERM, *FREEZING)
OF_REQUESTS = (Fault.TIMEOUT, Fault.RESET, Fault.STATUS, Fault.LIMITED)
OF_DATABASES = (Fault.LOCKED, Fault.FULL, Fault.GONE, Fault.LOST)
DATABASES = ("sqlite", "postgresql")
DOWNTIMES = ("short", "long")
"""Shorter and longer than Discord remembers a nonce. Who froze while it wrote is at last killed, if it is for long."""


@dataclass(frozen=True)
class Point:
    """A point of the bot's work. `hook` is where (see `living`), met for the `nth` time.

    `story` is what has to be going on to come there.
    """

    name: str
    hook: str
    story: str = "delivery"
    nth: int = 1

    @property
    def what(self) -> str:
        """What is hooked: a call of the store or a kind of request."""
        return self.hook.rpartition(" ")[0]

    @property
    def where(self) -> str:
        """Where in it: before, in, after; leaving, accepted, headers, body."""
        return self.hook.rpartition(" ")[2]

    @property
    def is_request(self) -> bool:
        """Whether a request is under way."""
        return self.where in ("leaving", "accepted", "headers", "body")


POINTS = (
    Point("before the fetch", "fetch leaving"),
    Point("body read, not parsed", "parse before"),
    Point("inside the ingest transaction", "harvest.store in"),
    Point("after its commit", "harvest.store after"),
    Point("after the claim", "posts.claim after"),
    Point("inside the note that sending begins", "posts.begin_sending in"),
    Point("request not sent", "message leaving"),
    Point("accepted, answer lost", "message accepted"),
    Point("headers read", "message headers"),
    Point("body read, not committed", "message body"),
    Point("inside the commit of what was sent", "posts.sent in"),
    Point("sent, before the thread", "posts.sent after"),
    Point("thread not asked for", "thread leaving"),
    Point("thread made, answer lost", "thread accepted"),
    Point("thread made, not committed", "thread body"),
    Point("first reaction not asked for", "vote leaving"),
    Point("first reaction placed, answer lost", "vote accepted"),
    Point("first reaction placed, not committed", "vote body"),
    Point("between seeded reactions", "posts.seeded after"),
    Point("announcement not asked for", "crosspost leaving"),
    Point("announced, answer lost", "crosspost accepted"),
    Point("announced, not committed", "crosspost body"),
    Point("pin not asked for", "pin leaving"),
    Point("pinned, answer lost", "pin accepted"),
    Point("pinned, not committed", "pin body"),
    Point("inside the commit of the last step", "posts.finish in"),
    Point("forum post not sent", "forum post leaving"),
    Point("forum post accepted, answer lost", "forum post accepted"),
    Point("forum post: headers read", "forum post headers"),
    Point("forum post: body read, not committed", "forum post body"),
    Point("page of a reconciliation not asked for", "page leaving", "reconciliation"),
    Point("page of a reconciliation: headers read", "page headers", "reconciliation"),
    Point("page of a reconciliation read, nothing mirrored", "page body", "reconciliation"),
    Point("in the middle of a reconciled page", "comments.record in", "reconciliation", nth=2),
    Point("inside a reconciliation of votes", "votes.replace in", "reconciliation"),
    Point("in a vote's mirror", "votes.apply in", "vote"),
    Point("in a comment's mirror", "comments.record in", "comment"),
    Point("in an edit's mirror", "comments.record in", "edit"),
    Point("in a deletion's mirror", "comments.remove in", "deletion"),
    Point("in a migration", "migration in", "migration"),
)


@dataclass(frozen=True)
class Case:
    """A point, a fault, a database; for what ends the process, how long it is down."""

    point: Point
    fault: Fault
    database: str
    downtime: str = "short"

    @property
    def name(self) -> str:
        """The case in words, by which it can be asked for again."""
        down = f", down {self.downtime}" if self.fault in ENDING else ""
        return f"{self.point.name}: {self.fault} on {self.database}{down}"


def all_cases() -> Iterator[tuple[Case, str | None]]:
    """Every point with every fault on both databases, with the rule by which it is skipped, if it is."""
    for point in POINTS:
        for fault in Fault:
            for database in DATABASES:
                for downtime in DOWNTIMES if fault in ENDING else DOWNTIMES[:1]:
                    yield Case(point, fault, database, downtime), why_not(point, fault, database)


def why_not(point: Point, fault: Fault, database: str) -> str | None:
    """Why this fault can't be at this point; None where it can."""
    if fault is Fault.FREEZE and point.where not in ("leaving", "body"):
        return "a lease is lost in mid-send: while a request is under way, or its answer to be written down"
    if fault is Fault.FREEZE and (point.what == "fetch" or point.story == "reconciliation"):
        return "a frozen reader of pages and feeds sends nothing"
    if fault is Fault.FREEZE_WRITING and point.where != "in":
        return "nothing is being written"
    if fault in OF_REQUESTS:
        return _why_not_request(point, fault)
    if fault in OF_DATABASES:
        return _why_not_database(point, fault, database)
    return None


def _why_not_request(point: Point, fault: Fault) -> str | None:
    if not point.is_request:
        return "no request is under way"
    if point.where == "body":
        return "the answer is read"
    if point.where == "headers" and fault in (Fault.STATUS, Fault.LIMITED):
        return "the answer's status is read"
    if point.where == "accepted" and fault is Fault.LIMITED:
        return "who is limited is refused before anything is done"
    return None


def _why_not_database(point: Point, fault: Fault, database: str) -> str | None:
    if fault in (Fault.GONE, Fault.LOST) and database == "sqlite":
        return "a file has no connection that breaks"
    if fault is Fault.LOST and point.where != "in":
        return "no commit is under way"
    if fault is Fault.LOCKED and point.where == "in":
        return "the bot itself holds the lock"
    if fault is Fault.LOCKED and point.story == "migration":
        return "the bot itself holds the lock"
    if point.where in ("accepted", "headers"):
        return "nothing is written before the answer is read"
    return None
