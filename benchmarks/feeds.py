"""Made-up feeds over real HTTP: as many as asked for, with validators, and new articles at will.

`python -m benchmarks.feeds` serves them in a process of its own, so that serving is not counted as polling.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

START = datetime(2026, 1, 1, tzinfo=UTC)
PARAGRAPH = (
    "The ferry leaves the old pier at seven, and whoever misses it walks around the bay. "
    "On the far side the bakery opens its shutters when the first passengers come up the steps. "
)
# As blogs send it: 2.2 KB an item, with links, emphasis, a picture and a list.
MARKUP = (
    '<p>The <a href="https://pier.example/ferry?from={number}">ferry</a> leaves the old pier at <em>seven</em>, and '
    "whoever misses it walks around the bay.</p>"
    '<figure><img src="https://pier.example/pictures/{number}.jpg" alt="The bay" width="800" height="600">'
    "<figcaption>The bay, seen from the steps</figcaption></figure>"
    f"<p>{PARAGRAPH * 2}</p>"
    "<blockquote><p>&ldquo;Nobody has ever walked it in under an hour,&rdquo; says the baker.</p></blockquote>"
    "<ul><li>First ferry: <strong>07:00</strong></li><li>Last ferry: <strong>22:30</strong></li>"
    '<li><a href="/timetable#{number}">All of them</a></li></ul>'
    f"<p>{PARAGRAPH * 2}</p>"
    '<p>Read more on <a href="https://pier.example/{number}" rel="nofollow">the pier\'s own pages</a> &mdash; or '
    '<a href="https://pier.example/{number}#comments">discuss it</a>.</p>'
)
PORTS = 32


class Feeds:
    """Serves RSS at `/N.xml` while it is entered, at several ports as if these were hosts.

    `served` maps (feed, articles) to the time of serving. Where they are `restless`, each answer has a new article.
    """

    def __init__(
        self, *, entries: int = 29, etags: bool = True, ports: int = 1, restless: bool = False
    ) -> None:
        self._entries = entries
        self._etags = etags
        self._ports = ports
        self._restless = restless
        self._extra: dict[int, int] = {}
        self._runner: web.AppRunner | None = None
        self.ports: list[int] = []
        self.served: dict[tuple[int, int], float] = {}
        self.requests = 0

    def url(self, feed: int) -> str:
        """The address of one feed."""
        return f"http://127.0.0.1:{self.ports[feed % self._ports]}/{feed}.xml"

    def publish(self, feed: int) -> int:
        """Add an article; answers how many were added to this feed so far."""
        self._extra[feed] = self._extra.get(feed, 0) + 1
        return self._extra[feed]

    def body(self, feed: int) -> bytes:
        """The document as it stands: 65 KB with 29 entries, as real ones are on average."""
        last = self._entries + self._extra.get(feed, 0)
        items = "".join(self._item(feed, number) for number in range(last, last - self._entries, -1))
        return (
            f'<?xml version="1.0" encoding="utf-8"?>'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Feed {feed}</title>'
            f"<link>https://pier.example/</link><description>Bench</description>{items}</channel></rss>"
        ).encode()

    def _item(self, feed: int, number: int) -> str:
        date = format_datetime(START + timedelta(hours=number))
        return (
            f"<item><guid isPermaLink='false'>{feed}-{number}</guid><title>Article {number} of feed {feed}</title>"
            f"<link>https://pier.example/{feed}/{number}</link><pubDate>{date}</pubDate>"
            "<dc:creator>Ada Ferryman</dc:creator><category>Ferries</category><category>The bay</category>"
            f"<description>{PARAGRAPH}</description>"
            f"<content:encoded><![CDATA[{MARKUP.format(number=number)}]]></content:encoded></item>"
        )

    async def _publish(self, request: web.Request) -> web.Response:
        return web.json_response(self.publish(int(request.match_info["feed"])))

    async def _serve(self, request: web.Request) -> web.Response:
        self.requests += 1
        feed = int(request.match_info["feed"])
        added = self.publish(feed) if self._restless else self._extra.get(feed, 0)
        etag = f'"{feed}-{added}"'
        headers = {"ETag": etag} if self._etags else {}
        if self._etags and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        self.served.setdefault((feed, added), time.monotonic())
        return web.Response(body=self.body(feed), content_type="application/rss+xml", headers=headers)

    async def __aenter__(self) -> Feeds:
        app = web.Application()
        app.router.add_get(r"/{feed:\d+}.xml", self._serve)
        app.router.add_post(r"/{feed:\d+}.xml", self._publish)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        for _ in range(self._ports):
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.ports = [port for _, port in self._runner.addresses]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


async def _serve_alone() -> None:
    etags, restless, entries = sys.argv[1:]
    async with Feeds(etags=bool(etags), restless=bool(restless), entries=int(entries), ports=PORTS) as feeds:
        print(*feeds.ports, flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def feeds_process(
    *, etags: bool, restless: bool = False, entries: int = 29
) -> AsyncIterator[Callable[[int], str]]:
    """Feeds in a process of their own; gives what answers the address of each, by name as real sources have one.

    To POST there publishes an article.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.feeds",
        *("etags" if etags else "", "restless" if restless else "", str(entries)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ports = (await process.stdout.readline()).decode().split()
    try:
        yield lambda feed: f"http://localhost:{ports[feed % len(ports)]}/{feed}.xml"
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_serve_alone())
