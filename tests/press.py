"""A publisher for tests: a real HTTP server whose feeds and pages say what the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Self

from aiohttp import web

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Piece:
    """An item of the feed."""

    guid: str
    title: str
    text: str
    published: datetime


@dataclass(slots=True)
class Press:
    """One publication: `publish` adds an item on top; `documents` serves bodies as they are under a path.

    `head` is put in front of the items, `headers` beside the feed. `pages` are items' own pages, by guid; all others
    are missing. While `held` is clear, they are not answered. Where there is a `login`, the feed is only for who sends
    it as Authorization.
    """

    title: str = "The Tide"
    pieces: list[Piece] = field(default_factory=list)
    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    status: int = 200
    login: str | None = None
    head: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    held: asyncio.Event = field(default_factory=_set_event)
    _runner: web.AppRunner | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def feed_url(self) -> str:
        return f"{self.url}/feed.xml"

    def publish(self, title: str, text: str | None = None) -> Piece:
        number = len(self.pieces) + 1
        piece = Piece(
            f"piece-{number}",
            title,
            text or f"{title} is what everybody talks about today. The mayor said so on Monday.",
            NOON + timedelta(minutes=number),
        )
        self.pieces.append(piece)
        return piece

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/feed.xml", self._feed)
        app.router.add_get("/", self._home)
        app.router.add_get("/documents/{name}", self._document)
        app.router.add_get("/articles/{guid}", self._page)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _feed(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        if self.login and request.headers.get("Authorization") != self.login:
            return web.Response(status=401)
        if self.status != 200:
            return web.Response(status=self.status)
        body = self.document(self.pieces)
        etag = f'"{hash(body)}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        headers = {"ETag": etag} | self.headers
        return web.Response(body=body, content_type="application/rss+xml", headers=headers)

    def document(self, pieces: Sequence[Piece]) -> bytes:
        """The feed with these pieces alone, the newest on top."""
        items = "".join(
            f"<item><guid isPermaLink='false'>{piece.guid}</guid><title>{escape(piece.title)}</title>"
            f"<link>{self.url}/articles/{piece.guid}</link><description>{escape(piece.text)}</description>"
            f"<pubDate>{format_datetime(piece.published)}</pubDate></item>"
            for piece in reversed(pieces)
        )
        return (
            "<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'>"
            f"<channel><title>{self.title}</title>"
            f"<link>{self.url}/</link><description>News</description>{self.head}{items}</channel></rss>"
        ).encode()

    async def _home(self, _: web.Request) -> web.Response:
        link = '<link rel="alternate" type="application/rss+xml" title="The Tide" href="/feed.xml">'
        return web.Response(
            text=f"<!doctype html><html><head>{link}</head><body><p>Welcome.</p></body></html>",
            content_type="text/html",
        )

    async def _page(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        await self.held.wait()
        body = self.pages.get(request.match_info["guid"])
        return web.Response(body=body, content_type="text/html", status=200 if body else 404)

    async def _document(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.documents:
            return web.Response(status=404)
        content_type, body = self.documents[name]
        return web.Response(body=body, headers={"Content-Type": content_type})
