"""Sources that wait for their turn at their host: one slow host holds up nobody but itself. Pure."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from storage.records import Source

# The host with its port, without the login that an address may carry.
_HOST = re.compile(r"[^/?#]*//(?:[^/?#]*@)?([^/?#]*)")


class HostLine:
    """Lines of claimed sources, one line a host; hosts take turns, and at most `per_host` of one are under way.

    At most `most` wait. Where these are too many, lines of more than `share` give way to the other hosts.
    """

    def __init__(self, per_host: int, most: int, share: int) -> None:
        self._per_host = per_host
        self._most = most
        self._share = share
        self._lines: OrderedDict[str, deque[Source]] = OrderedDict()
        self._hosts: dict[int, str] = {}
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many sources wait or are under way."""
        return len(self._hosts)

    @property
    def room(self) -> int:
        """How many more may be lined up: what is beyond its host's share takes nobody's place."""
        return self._most - sum(min(len(line), self._share) for line in self._lines.values())

    def add(self, sources: Iterable[Source]) -> None:
        """Line up sources, as many as there is `room` for; one that waits or is under way keeps its place.

        The last of the longest lines are dropped for them: their claims end, and they are due again.
        """
        for source in sources:
            if source.id not in self._hosts:
                host = self._hosts[source.id] = place_of(source)
                self._lines.setdefault(host, deque()).append(source)
        beyond = sum(map(len, self._lines.values())) - self._most
        for line in sorted(self._lines.values(), key=len, reverse=True) if beyond > 0 else ():
            while beyond > 0 and len(line) > self._share:
                del self._hosts[line.pop().id]
                beyond -= 1

    def drop(self, place: str) -> None:
        """Send away who waits for a host (with its port): their claims end, and they are due again."""
        for source in self._lines.pop(place, ()):
            del self._hosts[source.id]

    def start(self) -> Source | None:
        """Take the next source whose host has room; None where every waiting one must go on waiting."""
        for host in self._lines:
            if self._under_way[host] < self._per_host:
                line = self._lines[host]
                source = line.popleft()
                self._under_way[host] += 1
                if line:
                    self._lines.move_to_end(host)
                else:
                    del self._lines[host]
                return source
        return None

    def end(self, source: Source) -> None:
        """A source that was started is done."""
        host = self._hosts.pop(source.id)
        self._under_way[host] -= 1
        if not self._under_way[host]:
            del self._under_way[host]


class Rests:
    """Hosts that asked to be left alone for a while, whichever of their sources that was said of.

    At most for `longest`: then another source shows whether it still holds.
    """

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest
        self._until: dict[str, datetime] = {}

    def begin(self, place: str, until: datetime, now: datetime) -> None:
        """Leave a host (with its port) alone until then."""
        self._until = {host: end for host, end in self._until.items() if end > now}
        self._until[place] = max(min(until, now + self._longest), self._until.get(place, now))

    def end_for(self, source: Source, now: datetime) -> datetime | None:
        """Until when the source's host is left alone; None where it may be asked."""
        until = self._until.get(place_of(source)) if self._until else None
        return until if until is not None and until > now else None


def place_of(source: Source) -> str:
    """The host of a source's address, with its port where that is written."""
    found = _HOST.match(source.url)
    return found[1].lower() if found else ""
