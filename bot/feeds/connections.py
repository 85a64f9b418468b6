"""The connections to the world outside: guarded, without cookies or proxies, and few of them kept open."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from time import monotonic
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.feeds.guard import Guard, GuardedResolver

# Seconds that a connection waits for the next request, and how many may. Thousands of hosts that are asked every ten
# minutes would else leave thousands open: files, memory, and work for each collection of garbage.
KEPT_OPEN, MOST_KEPT_OPEN = 15.0, 128
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, application/json;q=0.8, text/xml;q=0.8, text/html;q=0.7, */*;q=0.5"
)


class Connections:
    """Sessions of aiohttp's to ask an address with; to be opened, and closed at the end.

    At most `limit` connections are in use at once; to make one may take `connect_timeout` seconds.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        user_agent: str,
        limit: int,
        connect_timeout: float,
        resolver: AbstractResolver | None,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        self._guard = guard
        self._user_agent = user_agent
        self._limit = limit
        self._connect_timeout = connect_timeout
        self.resolver = resolver
        """What the guard's resolver asks; one of aiohttp's own, once they are open, where none was given."""
        self._ssl = ssl_context
        # aiohttp looks for those that have waited too long no more often than that: one may wait twice as long.
        self._kept = Kept(MOST_KEPT_OPEN, 2 * KEPT_OPEN)
        # One keeps its connections for the next request, the other closes each.
        self._keeping: aiohttp.ClientSession | None = None
        self._closing: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Open both pools, which hold nothing yet."""
        self.resolver = self.resolver or aiohttp.ThreadedResolver()
        resolver = GuardedResolver(self.resolver, self._guard)
        self._keeping = self._made(resolver, keepalive_timeout=KEPT_OPEN)
        self._closing = self._made(resolver, force_close=True)

    async def close(self) -> None:
        """Close every connection."""
        for session in (self._keeping, self._closing):
            if session is not None:
                await session.close()
        self._keeping = self._closing = None

    def session_for(self, address: URL, *, once: bool = False) -> aiohttp.ClientSession:
        """The session with which to ask an address now. Raises RuntimeError while they are not open.

        What must go `once` has a connection of its own: on a kept one that the server is closing just then it would
        be lost, and only what is safe to repeat is repeated.
        """
        if self._keeping is None or self._closing is None:
            raise RuntimeError("The fetcher is not open: use it as `async with Fetcher(…) as fetcher`.")
        is_kept = not once and self._kept.may_stay(address.host_port_subcomponent or "", monotonic())
        return self._keeping if is_kept else self._closing

    def _made(self, resolver: AbstractResolver, **keeping: Any) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._limit,
            ttl_dns_cache=30,
            resolver=resolver,
            socket_factory=self._guard.make_socket,
            ssl=self._ssl or True,
            **keeping,
        )
        headers = {"User-Agent": self._user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
        if connector.force_close:
            headers["Connection"] = "close"  # the server need not keep it either
        return aiohttp.ClientSession(
            connector=connector,
            trust_env=False,  # a proxy from the environment would connect where the guard cannot look
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout),
        )


class Kept:
    """Places at which a connection is kept open for the next request: at most so many, each for so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._since: OrderedDict[str, float] = OrderedDict()

    def may_stay(self, place: str, now: float) -> bool:
        """Whether the connection that was used at a place `now` (in seconds) is worth keeping."""
        since = self._since
        if place in since:
            since.move_to_end(place)
        else:
            while since and next(iter(since.values())) <= now - self._seconds:
                since.popitem(last=False)
            if len(since) >= self._most:
                return False
        since[place] = now
        return True
