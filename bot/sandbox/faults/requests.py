"""Failures of REST requests: which ones are ordered, and what meets a request."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Literal

from bot.sandbox.clock import Clock
from bot.sandbox.faults.portion import BOTS, Portion, concerns
from bot.sandbox.world import User

When = Literal["before", "after"]
Scope = Literal["user", "shared", "global"]


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

    429 is the ban of an address.
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


_UNDISTURBED = Meeting()


class RequestFaults:
    """The failures that were ordered, first come first served."""

    def __init__(self, clock: Clock, numbers: Iterator[int] | None = None) -> None:
        self._clock = clock
        self._numbers = numbers or itertools.count(1)
        self._waiting: list[Fault] = []

    def next(
        self,
        method: str,
        route_glob: str,
        failure: Failure | Meanwhile,
        when: When = "before",
        times: int = 1,
        whose: str = BOTS,
    ) -> Fault:
        """Let the next `times` requests fail whose method and route match.

        The glob is held against the route's template and the path, such as `/channels/*/messages`; `*` stands
        for every method. `after`: the deed is done, and only its answer is lost. `whose` is "bots", "everyone"
        or a user's id.
        """
        return self._order(method, route_glob, failure, when, whose, Portion(times))

    def some(
        self,
        method: str,
        route_glob: str,
        failure: Failure | Meanwhile,
        when: When = "before",
        share: float = 1.0,
        seed: int = 0,
        for_s: float | None = None,
        whose: str = BOTS,
    ) -> Fault:
        """Let a share of such requests fail, for `for_s` seconds of the sandbox's clock or until cleared."""
        until = None if for_s is None else self._clock.now() + timedelta(seconds=for_s)
        return self._order(method, route_glob, failure, when, whose, Portion(None, share, seed, until))

    def _order(
        self,
        method: str,
        route_glob: str,
        failure: Failure | Meanwhile,
        when: When,
        whose: str,
        portion: Portion,
    ) -> Fault:
        if not route_glob.startswith(("/", "*")):
            raise ValueError("A route begins with a slash, or with a * for any beginning.")
        # A body can be slow only when there is one.
        when = "after" if isinstance(failure, SlowBody) else when
        fault = Fault(next(self._numbers), method.upper(), route_glob, failure, when, whose, portion)
        self._waiting.append(fault)
        return fault

    def take(self, method: str, template: str, path: str, who: User | None) -> Meeting:
        """What meets a request: all that happens meanwhile, and the first failure; both are used up by it."""
        if not self._waiting:
            return _UNDISTURBED
        now = self._clock.now()
        failure: Failure | None = None
        when: When = "before"
        deeds: list[tuple[When, Meanwhile]] = []
        for fault in self._waiting:
            ordered = fault.failure
            if failure is not None and not isinstance(ordered, Meanwhile):
                continue
            if not fault.matches(method, template, path, who) or not fault.portion.picks(now):
                continue
            if isinstance(ordered, Meanwhile):
                deeds.append((fault.when, ordered))
            else:
                failure, when = ordered, fault.when
        self._waiting = [one for one in self._waiting if not one.portion.is_over(now)]
        return Meeting(failure, when, tuple(deeds))

    @property
    def waiting(self) -> list[Fault]:
        """What was ordered and is not used up, in order."""
        now = self._clock.now()
        self._waiting = [one for one in self._waiting if not one.portion.is_over(now)]
        return list(self._waiting)

    def lift(self, number: int) -> bool:
        """Take one order back; whether there was such a one."""
        kept = [one for one in self._waiting if one.number != number]
        found = len(kept) < len(self._waiting)
        self._waiting = kept
        return found

    def clear(self) -> None:
        """Forget what was ordered and not used."""
        self._waiting.clear()
