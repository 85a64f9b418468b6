"""Sources that wait for their turn at their host: one slow host holds up nobody but itself. Pure."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque

from storage.records import Source

# The host with its port, without the login that an address may carry.
_HOST = re.compile(r"[^/?#]*//(?:[^/?#]*@)?([^/?#]*)")


class HostLine:
    """Lines of claimed sources, one line a host; hosts take turns, and at most `per_host` of one are under way."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._lines: OrderedDict[str, deque[Source]] = OrderedDict()
        self._hosts: dict[int, str] = {}
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many sources wait or are under way."""
        return len(self._hosts)

    def add(self, source: Source) -> None:
        """Line a source up; one that waits or is under way already keeps its place."""
        if source.id not in self._hosts:
            host = self._hosts[source.id] = _host(source)
            self._lines.setdefault(host, deque()).append(source)

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
