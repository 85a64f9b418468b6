"""Failures of REST requests: which ones are ordered, and which one meets a request."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Status:
    """An answer with this HTTP status in place of the real one; 401 means a token that died in mid-run."""

    status: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is cut without an answer."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing is answered for `seconds` of real time; then the connection is cut."""

    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class SlowBody:
    """The real answer, whose body takes `seconds` of real time to arrive."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Limited:
    """A 429 that says to come back after `retry_after` seconds, in Discord's scopes."""

    scope: Literal["user", "shared", "global"] = "user"
    retry_after: float = 1.0


Failure = Status | Cut | Hang | SlowBody | Limited


@dataclass(slots=True)
class Fault:
    """A failure that waits for its requests."""

    method: str
    route_glob: str
    failure: Failure
    when: When
    times: int


class Faults:
    """The failures that were ordered, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def next(
        self,
        method: str,
        route_glob: str,
        failure: Failure | None = None,
        when: When = "before",
        times: int = 1,
    ) -> None:
        """Let the next `times` requests fail whose method and route match; a 502 where nothing else is said.

        The glob is held against the route's template and the path, such as `/channels/*/messages`; `*` stands
        for every method. `after`: the deed is done, and only its answer is lost.
        """
        self._waiting.append(Fault(method.upper(), route_glob, failure or Status(502), when, times))

    def take(self, method: str, template: str, path: str) -> Fault | None:
        """The failure for a request, if one was ordered; it is used up by that."""
        for fault in self._waiting:
            matches = fnmatchcase(template, fault.route_glob) or fnmatchcase(path, fault.route_glob)
            if fault.method in (method, "*") and matches:
                fault.times -= 1
                if fault.times < 1:
                    self._waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget what was ordered and not used."""
        self._waiting.clear()
