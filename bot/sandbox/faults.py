"""Failures on order: an error before or after the deed, or a connection that is cut."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """A failure that waits for its requests."""

    method: str
    route_glob: str
    status: int
    when: When
    times: int
    drop: bool


class Faults:
    """The failures that were ordered, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def next(
        self,
        method: str,
        route_glob: str,
        status: int = 502,
        when: When = "before",
        times: int = 1,
        drop: bool = False,
    ) -> None:
        """Let the next `times` requests fail whose method and route match.

        The glob is held against the route's template and the path, such as `/channels/*/messages`.
        `after`: the deed is done, and only its answer is lost. `drop`: the connection is cut, without an answer.
        """
        self._waiting.append(Fault(method.upper(), route_glob, status, when, times, drop))

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
