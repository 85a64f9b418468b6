"""Sources that wait for their turn at their host: one slow host holds up nobody but itself. Pure."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable

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
                host = self._hosts[source.id] = _host(source)
                self._lines.setdefault(host, deque()).append(source)
        beyond = sum(map(len, self._lines.values())) - self._most
        for line in sorted(self._lines.values(), key=len, reverse=True) if beyond > 0 else ():
            while beyond > 0 and len(line) > self._share:
                del self._hosts[line.pop().id]
                beyond -= 1

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


def _host(source: Source) -> str:
    found = _HOST.match(source.url)
    return found[1].lower() if found else ""
