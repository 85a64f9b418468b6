"""Failures of REST requests, and the orders for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from bot.sandbox.faults.portion import Portion, concerns
from bot.sandbox.limits import Scope
from bot.sandbox.things import User

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Status:
    """An answer of Discord's own with this HTTP status in place of the real one; 401: the token died."""

    status: int

    def __post_init__(self) -> None:
        _demand_failing(self.status)
        if self.status == 429:
            raise ValueError("A 429 of Discord's own is ordered as Limited, the edge's ban as Edge.")


@dataclass(frozen=True, slots=True)
class Edge:
    """An answer of the edge before Discord: a page of HTML with this status, and none of the API's headers.

    429 is the ban of an address, as the limits' own: a JSON body that names no time.
    """

    status: int

    def __post_init__(self) -> None:
        _demand_failing(self.status)


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is cut without an answer.

    aiohttp's client, and so discord.py, asks once more by itself where that is harmless: not after a POST or PATCH.
    """


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing is answered for `seconds` of real time; then the connection is cut."""

    seconds: float = 3600.0

    def __post_init__(self) -> None:
        _demand_span(self.seconds)


@dataclass(frozen=True, slots=True)
class SlowBody:
    """The real answer: its headers at once, its body spread over `seconds` of real time."""

    seconds: float

    def __post_init__(self) -> None:
        _demand_span(self.seconds)


@dataclass(frozen=True, slots=True)
class Limited:
    """A 429 that says to come back after `retry_after` seconds, in one of Discord's scopes."""

    scope: Scope = "user"
    retry_after: float = 1.0

    def __post_init__(self) -> None:
        _demand_span(self.retry_after)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """No failure of its own: something else happens just before the handler or just after it.

    A `deed` that finds nothing to be done on any more is passed over.
    """

    deed: Callable[[], object]
    name: str = "a call"


Failure = Status | Edge | Cut | Hang | SlowBody | Limited


def _demand_failing(status: int) -> None:
    if not 400 <= status <= 599:
        raise ValueError("A failing answer has a status from 400 to 599.")


def _demand_span(seconds: float) -> None:
    if not 0 <= seconds <= 86_400:
        raise ValueError("Seconds are from 0 to 86400, a day.")


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure that waits for its requests."""

    number: int
    method: str
    route_glob: str
    failure: Failure | Meanwhile
    when: When
    whose: str
    portion: Portion

    def matches(self, method: str, template: str, path: str, who: User | None) -> bool:
        """Whether a request is one of those that were meant."""
        return (
            self.method in (method, "*")
            and concerns(self.whose, who)
            and (fnmatchcase(template, self.route_glob) or fnmatchcase(path, self.route_glob))
        )


@dataclass(frozen=True, slots=True)
class Meeting:
    """What meets one request: how it fails, and what happens meanwhile."""

    failure: Failure | None = None
    when: When = "before"
    deeds: tuple[tuple[When, Meanwhile], ...] = ()

    def deeds_at(self, when: When) -> Iterator[Meanwhile]:
        """What happens before, or after."""
        return (deed for at, deed in self.deeds if at == when)
