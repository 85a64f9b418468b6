"""Sources and articles that wait for their turn at their host: one slow host holds up nobody but itself. Pure."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Addressed(Protocol):
    """What is fetched from a host."""

    @property
    def id(self) -> int:
        """Unlike that of all others in the line."""

    @property
    def url(self) -> str:
        """Where it is fetched from."""


One = TypeVar("One", bound=Addressed)

# The host with its port, without the login that an address may carry.
_HOST = re.compile(r"[^/?#]*//(?:[^/?#]*@)?([^/?#]*)")


class HostLine(Generic[One]):
    """Lines of what was claimed to be fetched, one line a host.

    Hosts take turns, and at most `per_host` of one are under way. At most `most` wait. Where these are too many, lines
    of more than `share` give way to the other hosts.
    """

    def __init__(self, per_host: int, most: int, share: int) -> None:
        self._per_host = per_host
        self._most = most
        self._share = share
        self._lines: OrderedDict[str, deque[One]] = OrderedDict()
        self._hosts: dict[int, str] = {}
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many wait or are under way."""
        return len(self._hosts)

    @property
    def room(self) -> int:
        """How many more may be lined up: what is beyond its host's share takes nobody's place."""
        return self._most - sum(min(len(line), self._share) for line in self._lines.values())

    def add(self, claimed: Iterable[One]) -> None:
        """Line up what was claimed, as much as there is `room` for; what waits or is under way keeps its place.

        The last of the longest lines are dropped for them: their claims end, and they are due again.
        """
        for one in claimed:
            if one.id not in self._hosts:
                host = self._hosts[one.id] = host_of(one.url)
                self._lines.setdefault(host, deque()).append(one)
        beyond = sum(map(len, self._lines.values())) - self._most
        for line in sorted(self._lines.values(), key=len, reverse=True) if beyond > 0 else ():
            while beyond > 0 and len(line) > self._share:
                del self._hosts[line.pop().id]
                beyond -= 1

    def start(self) -> One | None:
        """Take the next one whose host has room; None where every waiting one must go on waiting."""
        for host in self._lines:
            if self._under_way[host] < self._per_host:
                line = self._lines[host]
                one = line.popleft()
                self._under_way[host] += 1
                if line:
                    self._lines.move_to_end(host)
                else:
                    del self._lines[host]
                return one
        return None

    def end(self, one: One) -> None:
        """One that was started is done."""
        host = self._hosts.pop(one.id)
        self._under_way[host] -= 1
        if not self._under_way[host]:
            del self._under_way[host]


def host_of(url: str) -> str:
    """The host with its port that an address leads to."""
    found = _HOST.match(url)
    return found[1].lower() if found else ""
