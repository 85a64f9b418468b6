"""Made-up feeds over real HTTP: as many as asked for, with validators, and new articles at will.

`python -m benchmarks.feeds` serves them in a process of its own, so that serving is not counted as polling.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

START = datetime(2026, 1, 1, tzinfo=UTC)
PARAGRAPH = (
    "The ferry leaves the old pier at seven, and whoever misses it walks around the bay. "
    "On the far side the bakery opens its shutters when the first passengers come up the steps. "
)


class Feeds:
    """Serves RSS at `/N.xml` while it is entered. `served` maps (feed, articles) to the time of serving."""

    def __init__(self, *, entries: int = 30, etags: bool = True) -> None:
        self._entries = entries
        self._etags = etags
        self._extra: dict[int, int] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.served: dict[tuple[int, int], float] = {}
        self.requests = 0

    def url(self, feed: int) -> str:
        """The address of one feed."""
        return f"http://127.0.0.1:{self.port}/{feed}.xml"

    def publish(self, feed: int) -> int:
        """Add an article; answers how many were added to this feed so far."""
        self._extra[feed] = self._extra.get(feed, 0) + 1
        return self._extra[feed]

    def body(self, feed: int) -> bytes:
        """The document as it stands: about 30 KB with 30 entries."""
        last = self._entries + self._extra.get(feed, 0)
        items = "".join(self._item(feed, number) for number in range(last, last - self._entries, -1))
        return (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed {feed}</title>'
            f"<link>http://127.0.0.1:{self.port}/</link><description>Bench</description>{items}</channel></rss>"
        ).encode()

    def _item(self, feed: int, number: int) -> str:
        date = format_datetime(START + timedelta(hours=number))
        return (
            f"<item><guid isPermaLink='false'>{feed}-{number}</guid><title>Article {number} of feed {feed}</title>"
            f"<link>http://127.0.0.1:{self.port}/{feed}/{number}</link><pubDate>{date}</pubDate>"
            f"<description>{PARAGRAPH * 4}</description></item>"
        )

    async def _publish(self, request: web.Request) -> web.Response:
        return web.json_response(self.publish(int(request.match_info["feed"])))

    async def _serve(self, request: web.Request) -> web.Response:
        self.requests += 1
        feed = int(request.match_info["feed"])
        added = self._extra.get(feed, 0)
        etag = f'"{feed}-{added}"'
        headers = {"ETag": etag} if self._etags else {}
        if self._etags and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        self.served.setdefault((feed, added), time.monotonic())
        return web.Response(body=self.body(feed), content_type="application/rss+xml", headers=headers)

    async def __aenter__(self) -> Feeds:
        app = web.Application()
        app.router.add_get(r"/{feed:\d+}.xml", self._serve)
        app.router.add_post(r"/publish/{feed:\d+}", self._publish)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


async def _serve_alone() -> None:
    async with Feeds(etags="etags" in sys.argv) as feeds:
        print(feeds.port, flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def feeds_process(*, etags: bool) -> AsyncIterator[str]:
    """Feeds in a process of their own; gives the address they begin with."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.feeds",
        *(["etags"] if etags else []),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_serve_alone())
