"""The reader beside a language model: neither waits for what the other one waits for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import web

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers
from bot.newsroom.reader import MOST_AT_ONCE, Reader
from bot.newsroom.writing import Budget, Writing
from storage import Store
from tests.feeds.conftest import open_site
from tests.model_server import Server, fixed, opened, said
from tests.newsroom.test_reader import FIRST, NOW, PAGE, PHOTO, REST, Newsroom, on_sqlite
from tests.storage.desk import whole

WRITTEN = "The old bridge over the harbour opens again on Monday, after the council paid 2.4 million for it."
SECONDS = timedelta(seconds=30)


class Desk(Newsroom):
    """A newsroom with a language model."""

    server: Server

    def with_model(self, server: Server, writing: Writing, fetcher: Fetcher, workers: Workers) -> Desk:
        self.server = server
        self.reader = Reader(
            self.store,
            fetcher,
            workers,
            clock=lambda: self.now,
            woken=asyncio.Event(),
            may_send=lambda: True,
            on_posts=self.ring,
            writing=writing,
        )
        return self

    async def until(self, done: Callable[[], bool]) -> None:
        """Let the reader go on until this is so."""
        async with asyncio.timeout(10):
            while not done():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def desk(
    store: Store, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> AsyncIterator[Desk]:
    async with (
        open_site() as site,
        opened(answer) as (server, client, time),
        Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1")) as fetcher,
        Workers(memory=1 << 30) as workers,
    ):
        time.now = NOW
        writing = Writing(store, client, budget=Budget(10**6, 10**6), clock=time)
        newsroom = Desk(store, fetcher, workers, site)
        yield newsroom.with_model(server, writing, fetcher, workers)


@on_sqlite
async def test_a_slow_model_holds_up_no_page(store: Store) -> None:
    held = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await held.wait()
        return said(WRITTEN)

    async with desk(store, slow) as newsroom:
        names = [f"bridge{number}" for number in range(MOST_AT_ONCE + 3)]
        for name in names:
            newsroom.site.serve(f"/{name}", PAGE, Content_Type="text/html")
        newsroom.site.serve("/lead.jpg", PHOTO, Content_Type="image/jpeg")
        await newsroom.bring(*map(newsroom.stub, names))
        await newsroom.reader.start_due()
        await newsroom.until(lambda: newsroom.rings == len(names))
        assert sorted(set(newsroom.asked) - {"/lead.jpg"}) == sorted(f"/{name}" for name in names)
        newsroom.now += timedelta(seconds=46)
        assert (await newsroom.card()).summary.startswith(FIRST)
        held.set()
        await newsroom.until(lambda: newsroom.rings == 2 * len(names))
        await newsroom.reader.close(SECONDS)
        assert {card.summary for card in (await newsroom.told()).values()} == {WRITTEN}
        assert await store.readings.next_due_at() is None
        assert newsroom.server.most_at_once == 2


@on_sqlite
async def test_an_image_that_fails_does_not_keep_the_model_waiting(store: Store) -> None:
    async with desk(store, fixed(lambda: said(WRITTEN))) as newsroom:
        newsroom.site.serve("/photo.jpg", b"", status=503)
        image = f"{newsroom.site.address}/photo.jpg"
        await newsroom.bring(
            newsroom.stub(
                image_url=image, text=whole("\n".join((FIRST, *REST))), word_count=90, language="en"
            )
        )
        await newsroom.read()
        assert len(newsroom.server.asked) == 1
        assert await newsroom.waiting() == [], "it waits for the image still"
        newsroom.site.serve("/photo.jpg", PHOTO, Content_Type="image/jpeg")
        newsroom.now += timedelta(seconds=12)
        await newsroom.read()
        card = await newsroom.card()
        assert (card.summary, card.picture is not None) == (WRITTEN, True)
        assert len(newsroom.server.asked) == 1
        assert await store.readings.next_due_at() is None
