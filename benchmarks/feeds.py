"""Made-up feeds over real HTTP: as many as asked for, with validators, and new articles at will.

`python -m benchmarks.feeds` serves them in a process of its own, so that serving is not counted as polling.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache, lru_cache
from itertools import accumulate, islice, product
from random import Random

from aiohttp import web

START = datetime(2026, 1, 1, tzinfo=UTC)
# As blogs send it: 2.2 KB an item, with links, emphasis, a picture and a list.
MARKUP = (
    '<p>The <a href="https://pier.example/ferry?from={number}">ferry</a> leaves the old pier at <em>seven</em>. '
    "{first}</p>"
    '<figure><img src="https://pier.example/pictures/{number}.jpg" alt="The bay" width="800" height="600">'
    "<figcaption>The bay, seen from the steps</figcaption></figure>"
    "<p>{second}</p>"
    "<blockquote><p>&ldquo;{said},&rdquo; says the baker.</p></blockquote>"
    "<ul><li>First ferry: <strong>07:00</strong></li><li>Last ferry: <strong>22:30</strong></li>"
    '<li><a href="/timetable#{number}">All of them</a></li></ul>'
    "<p>{third}</p>"
    '<p>Read more on <a href="https://pier.example/{number}" rel="nofollow">the pier\'s own pages</a> &mdash; or '
    '<a href="https://pier.example/{number}#comments">discuss it</a>.</p>'
)
# Each article tells something else: if all were alike they would be one story, told five hundred times.
SMALL = "the of and to in a is that for it as was with be by on not his but at are this have from which"
SYLLABLES = "ba den fer gol har is kel lun mar nor pis quen ros sta tor ul ven wick yar zem"
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
        items = "".join(_item(feed, number) for number in range(last, last - self._entries, -1))
        return (
            f'<?xml version="1.0" encoding="utf-8"?>'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Feed {feed}</title>'
            f"<link>https://pier.example/</link><description>Bench</description>{items}</channel></rss>"
        ).encode()

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


@lru_cache(maxsize=60_000)  # or making them up would be what is measured
def _item(feed: int, number: int) -> str:
    date = format_datetime(START + timedelta(hours=number))
    told = _sentences(Random(f"{feed}-{number}"))
    said, described = next(told)[:-1], f"{next(told)} {next(told)}"
    first, second, third = (" ".join(islice(told, count)) for count in (1, 4, 4))
    content = MARKUP.format(number=number, said=said, first=first, second=second, third=third)
    return (
        f"<item><guid isPermaLink='false'>{feed}-{number}</guid><title>Article {number} of feed {feed}</title>"
        f"<link>https://pier.example/{feed}/{number}</link><pubDate>{date}</pubDate>"
        "<dc:creator>Ada Ferryman</dc:creator><category>Ferries</category><category>The bay</category>"
        f"<description>{described}</description>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded></item>"
    )


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """Small words and three thousand made-up ones, with their shares added up: as in a language, few are frequent."""
    syllables = SYLLABLES.split()
    made_up = ("".join(word) for word in product(syllables, repeat=3))
    words = [*SMALL.split(), *islice(made_up, 0, 6_000, 2)]
    return words, list(accumulate(1 / (place + 3) for place in range(len(words))))


def _sentences(chance: Random) -> Iterator[str]:
    """Sentences without end, of some 85 letters each."""
    words, shares = _vocabulary()
    while True:
        said = " ".join(chance.choices(words, cum_weights=shares, k=15))
        yield f"{said[0].upper()}{said[1:]}."


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
