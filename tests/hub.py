"""A WebSub hub for tests, over real HTTP, and a newsroom that a press and this hub play with."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Self

import aiohttp
from aiohttp import web

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers
from bot.newsroom.harvest import Harvest
from bot.newsroom.polling import Poller
from bot.newsroom.reads import Polled, as_planned
from bot.newsroom.websub import WebSub
from storage import Hub, Source, Store
from storage.records import SubscriptionToStore
from tests.press import Press
from tests.reading import ReadsHere

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=10)
BASE = "https://news.example/site"


@dataclass(slots=True)
class PushHub:
    """A hub: `asked` holds the forms that came, `status` and `headers` are its answer to them.

    Asked at `/moved` it sends on to `moves_to`. Where it is `eager` it verifies before it has answered. `leads_to` is
    where our public address leads to.
    """

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    eager: bool = False
    host: str = "127.0.0.1"
    moves_to: str = "/"
    leads_to: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[tuple[int, str]] = field(default_factory=list)
    url: str = ""
    _http: aiohttp.ClientSession | None = None
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._ask)
        app.router.add_post("/moved", self._move)
        self._runner = web.AppRunner(app, access_log=None)
        self._http = aiohttp.ClientSession()
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, 0).start()
        self.url = f"http://{self.host}:{self._runner.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        assert self._http is not None
        await self._http.close()
        await self._runner.cleanup()

    async def _ask(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.eager:
            self.verified.append(await self.verify())
        return web.Response(status=self.status, headers=self.headers)

    async def _move(self, request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(self.moves_to)

    @property
    def callback(self) -> str:
        return self.asked[-1]["hub.callback"].replace(BASE, self.leads_to)

    async def verify(self, **changes: str) -> tuple[int, str]:
        """Ask back about the last form, with what a test changes; answers the status and the text."""
        said = {f"hub.{name}": self.asked[-1][f"hub.{name}"] for name in ("mode", "topic")}
        said |= {"hub.challenge": "c-1", "hub.lease_seconds": "864000"}
        said |= {f"hub.{name}": value for name, value in changes.items()}
        assert self._http is not None
        async with self._http.get(self.callback, params=said) as answer:
            return answer.status, await answer.text()

    async def push(
        self,
        body: bytes,
        method: str = "sha256",
        secret: str | None = None,
        signature: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> int:
        """Push to the last callback, signed with the secret we got unless a test says otherwise; answers the status."""
        if secret is None:
            secret = next(form["hub.secret"] for form in reversed(self.asked) if "hub.secret" in form)
        if signature is None:
            signature = f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"
        sent = {"Content-Type": "application/rss+xml"} | (headers or {})
        if signature:
            sent["X-Hub-Signature"] = signature
        assert self._http is not None
        async with self._http.post(self.callback, data=BytesIO(body), headers=sent) as answer:
            return answer.status


class Exchange:
    """A poller and WebSub between a press, a hub and a store, with a clock that can be moved."""

    def __init__(self, store: Store, press: Press, hub: PushHub, fetcher: Fetcher, workers: Workers) -> None:
        self.store, self.press, self.hub = store, press, hub
        self.fetcher, self.workers = fetcher, workers
        self.now, self.rings, self.dues = NOW, 0, 0
        self.websub = WebSub(
            store,
            fetcher,
            workers,
            Harvest(store, workers, clock=self.clock, plan=as_planned, on_posts=self._ring),
            base=BASE,
            clock=self.clock,
            interval=INTERVAL,
            on_due=self._due,
        )
        self.poller = Poller(
            store,
            fetcher,
            workers,
            clock=self.clock,
            interval=INTERVAL,
            spread=lambda: 0.0,
            woken=asyncio.Event(),
            on_posts=self._ring,
            on_stored=self.websub.polled,
        )
        press.head = self.links()

    def clock(self) -> datetime:
        return self.now

    def _ring(self) -> None:
        self.rings += 1

    def _due(self) -> None:
        self.dues += 1

    def links(self, hub: str | None = None, topic: str | None = None) -> str:
        """What a feed's head says of its hub and itself."""
        return (
            f"<atom:link rel='hub' href='{hub or self.hub.url}'/>"
            f"<atom:link rel='self' href='{topic or self.press.feed_url}'/>"
        )

    async def subscribe(self) -> Source:
        """Want the press's feed in a channel and read it for the first time."""
        await self.store.guilds.seen(10, "Harbour Town", NOW)
        source = await self.store.sources.add(self.press.feed_url, "", None, None)
        wish = SubscriptionToStore(10, 20, source.id, thread=False, newest=1, created_by=None)
        await self.store.subscriptions.add(wish, self.now)
        await self.poll()
        return await self.source()

    async def poll(self) -> Polled:
        return await self.poller.poll(await self.source())

    async def source(self) -> Source:
        source = await self.store.sources.by_url(self.press.feed_url)
        assert source is not None
        return source

    async def current(self) -> Hub | None:
        """The hub of the press's feed, as it stands."""
        source = await self.source()
        return (await self.store.hubs.of_sources([source.id])).get(source.id)

    async def ask(self) -> list[dict[str, str]]:
        """Ask the hubs that it is time for; answers the forms that came from it."""
        before = len(self.hub.asked)
        await self.websub.ask_due()
        return self.hub.asked[before:]


@asynccontextmanager
async def exchange(store: Store, allow: str = "127.0.0.1") -> AsyncIterator[Exchange]:
    """An exchange, open; only `allow` of the inner addresses may be fetched."""
    async with (
        Press() as press,
        PushHub() as hub,
        Fetcher(user_agent="Broadsheet tests", allow=parse_allow(allow)) as fetcher,
        ReadsHere() as workers,
    ):
        yield Exchange(store, press, hub, fetcher, workers)
