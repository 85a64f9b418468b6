"""Sources and articles that wait for their turn at their host: one slow host holds up nobody but itself. Pure."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
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
        self._lines: dict[str, deque[One]] = {}
        # Hosts with a line of which one more may be under way, in the order of their turns.
        self._ready: OrderedDict[str, None] = OrderedDict()
        self._hosts: dict[int, str] = {}
        self._under_way: dict[str, int] = {}

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
                self._ready_if_room(host)
        beyond = sum(map(len, self._lines.values())) - self._most
        for line in sorted(self._lines.values(), key=len, reverse=True) if beyond > 0 else ():
            while beyond > 0 and len(line) > self._share:
                del self._hosts[line.pop().id]
                beyond -= 1

    def drop(self, place: str) -> None:
        """Send away who waits for a host (with its port): their claims end, and they are due again."""
        for one in self._lines.pop(place, ()):
            del self._hosts[one.id]
        self._ready.pop(place, None)

    def start(self) -> One | None:
        """Take the next one whose host has room; None where every waiting one must go on waiting."""
        if not self._ready:
            return None
        host, _ = self._ready.popitem(last=False)
        line = self._lines[host]
        one = line.popleft()
        self._under_way[host] = self._under_way.get(host, 0) + 1
        if line:
            self._ready_if_room(host)
        else:
            del self._lines[host]
        return one

    def end(self, one: One) -> None:
        """One that was started is done."""
        host = self._hosts.pop(one.id)
        left = self._under_way.pop(host) - 1
        if left:
            self._under_way[host] = left
        if host in self._lines:
            self._ready_if_room(host)

    def _ready_if_room(self, host: str) -> None:
        if self._under_way.get(host, 0) < self._per_host:
            self._ready.setdefault(host)


class Rests:
    """Hosts that asked to be left alone for a while, whatever of theirs that was said of.

    At most for `longest`: then the next request shows whether it still holds.
    """

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest
        self._until: dict[str, datetime] = {}

    def begin(self, place: str, until: datetime, now: datetime) -> None:
        """Leave a host (with its port) alone until then."""
        self._until = {host: end for host, end in self._until.items() if end > now}
        self._until[place] = max(min(until, now + self._longest), self._until.get(place, now))

    def end_for(self, url: str, now: datetime) -> datetime | None:
        """Until when an address's host is left alone; None where it may be asked."""
        until = self._until.get(host_of(url)) if self._until else None
        return until if until is not None and until > now else None


def host_of(url: str) -> str:
    """The host with its port, where that is written, that an address leads to."""
    found = _HOST.match(url)
    return found[1].lower() if found else ""
