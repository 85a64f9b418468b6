"""A real web server on 127.0.0.1 whose routes each test writes itself, and a fetcher that may reach it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>The Harbour</title><link>https://harbour.test/</link>
<description>News of the port</description>
<item><title>Crane arrives</title><link>https://harbour.test/crane</link><guid>h-2</guid>
<pubDate>Tue, 03 Mar 2026 09:00:00 GMT</pubDate><description>The new crane is here.</description></item>
<item><title>Ice breaks</title><link>https://harbour.test/ice</link><guid>h-1</guid>
<pubDate>Mon, 02 Mar 2026 09:00:00 GMT</pubDate><description>The ice broke on Monday.</description></item>
</channel></rss>"""


@dataclass
class Site:
    """Routes by path, the requests that came, and where the server listens."""

    routes: dict[str, Handler] = field(default_factory=dict)
    requests: list[web.Request] = field(default_factory=list)
    address: str = ""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def serve(self, path: str, body: bytes = RSS, *, status: int = 200, **headers: str) -> str:
        """Answer a path with a fixed body; header names are written with underscores. Returns its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Content-Type", "application/rss+xml")

        async def answer(request: web.Request) -> web.Response:
            return web.Response(body=body, status=status, headers=named)

        self.routes[path] = answer
        return f"{self.address}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        handler = self.routes.get(request.path)
        return await handler(request) if handler else web.Response(status=404)


@asynccontextmanager
async def open_site(tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """A server of its own origin; with a context it speaks https."""
    site = Site()
    server = web.Server(site.answer)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await listening.start()
    port = runner.addresses[0][1]
    site.address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield site
    finally:
        site.released.set()
        await runner.cleanup()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with open_site() as site:
        yield site


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """What believes every certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="Broadsheet/test", allow=parse_allow("127.0.0.1/32")) as fetcher:
        yield fetcher


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers() as workers:
        yield workers


@pytest.fixture
def closed_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
