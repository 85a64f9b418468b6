"""Sources that are no feeds: subscribed, polled and told apart as feeds are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds.discover import Finder
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.newsroom.polling import Poller
from bot.newsroom.subscriptions import NotSubscribed, Subscribed, Subscriptions
from storage import Source, Store
from tests.press import Press
from tests.reading import ReadsHere

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
GUILD, CHANNEL = 10, 20


@dataclass
class Desk:
    """Admins who subscribe, and a poller, between a publication and a store."""

    press: Press
    store: Store
    subscriptions: Subscriptions
    poller: Poller

    def lay_out(self, *numbers: int, mark: str = "") -> str:
        """The publication's page lists these articles; answers its address."""
        cards = "".join(
            f"<article><h2><a href='/2026/05/story-{n}{mark}'>Story number {n}</a></h2></article>"
            for n in numbers
        )
        page = f"<!doctype html><html><title>Harbour</title><body><main>{cards}</main></body></html>"
        self.press.documents["news"] = ("text/html", page.encode())
        return f"{self.press.url}/documents/news"

    async def subscribe(self, address: str, selector: str | None = None) -> Source:
        outcome = await self.subscriptions.subscribe(GUILD, CHANNEL, address, selector=selector)
        assert isinstance(outcome, Subscribed), outcome
        return outcome.subscription.source

    async def poll(self, source: Source) -> tuple[int, int, int]:
        """Articles, revisions and posts that a poll of the source as it stands brings."""
        current = await self.store.sources.get(source.id)
        assert current is not None
        polled = await self.poller.poll(current)
        assert polled.problem is None
        return polled.articles, polled.revisions, polled.posts


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    async with (
        Press(status=404) as press,
        Fetcher(user_agent="Broadsheet tests", allow=parse_allow("127.0.0.1")) as fetcher,
        ReadsHere() as workers,
    ):
        poller = Poller(
            store,
            fetcher,
            workers,
            clock=lambda: NOW,
            interval=timedelta(minutes=10),
            spread=lambda: 0.0,
            woken=asyncio.Event(),
            on_posts=lambda: None,
        )
        finder = Finder(fetcher, workers)
        subscriptions = Subscriptions(store, finder, clock=lambda: NOW, on_change=lambda: None)
        yield Desk(press, store, subscriptions, poller)


async def test_a_page_is_remembered_and_only_what_comes_later_is_posted(desk: Desk) -> None:
    source = await desk.subscribe(desk.lay_out(5, 4, 3, 2, 1))
    assert (source.kind, source.selector, source.title) == ("page", None, "Harbour")
    assert await desk.poll(source) == (5, 0, 1), "the newest, as with a feed"
    desk.lay_out(7, 3, 6, 5, 4, mark="?place=3#top")
    assert await desk.poll(source) == (2, 0, 2), (
        "neither order nor what a list adds to links make an article new"
    )
    desk.lay_out(2, 1, 7, 6, 5)
    assert await desk.poll(source) == (0, 0, 0), "those that come back are known"


async def test_each_selector_makes_a_source_of_its_own(desk: Desk) -> None:
    page = desk.lay_out(4, 3, 2, 1)
    some = await desk.subscribe(page, "article:nth-child(-n+2) a")
    others = await desk.subscribe(page, "article:nth-child(n+3)")
    whole = await desk.subscribe(page)
    assert len({some.id, others.id, whole.id}) == 3
    assert (await desk.subscribe(page, "article:nth-child(n+3)")).id == others.id
    assert [await desk.poll(source) for source in (some, others, whole)] == [(2, 0, 1), (2, 0, 1), (4, 0, 1)]


async def test_a_page_that_lists_nothing_any_more_is_a_failure_and_loses_nothing(desk: Desk) -> None:
    source = await desk.subscribe(desk.lay_out(4, 3, 2, 1))
    await desk.poll(source)
    desk.press.documents["news"] = ("text/html", b"<!doctype html><html><p>Back soon</p></html>")
    current = await desk.store.sources.get(source.id)
    assert current is not None
    polled = await desk.poller.poll(current)
    assert polled.problem
    assert "No list of articles" in polled.problem
    desk.lay_out(5, 4, 3, 2)
    assert await desk.poll(source) == (1, 0, 1)


async def test_a_news_sitemap_is_polled_as_such(desk: Desk) -> None:
    def publish(*numbers: int) -> None:
        entries = "".join(
            f"<url><loc>{desk.press.url}/{n}</loc><n:news><n:title>Story {n}</n:title></n:news></url>"
            for n in numbers
        )
        body = f"<urlset xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{entries}</urlset>"
        desk.press.documents["news.xml"] = ("application/xml", body.encode())

    publish(2, 1)
    source = await desk.subscribe(f"{desk.press.url}/documents/news.xml")
    assert source.kind == "sitemap"
    assert await desk.poll(source) == (2, 0, 1)
    publish(3, 2)
    assert await desk.poll(source) == (1, 0, 1)


async def test_where_nothing_fits_a_selector_nothing_is_stored(desk: Desk) -> None:
    outcome = await desk.subscriptions.subscribe(GUILD, CHANNEL, desk.lay_out(1), selector=".story a")
    assert isinstance(outcome, NotSubscribed)
    assert "“.story a”" in outcome.sentence
    assert await desk.store.sources.listed() == []
