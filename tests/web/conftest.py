"""A web server over a real store, with a clock that a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.config import Settings
from bot.feeds.discover import Finder
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.workers import Workers
from bot.newsroom.newsroom import Newsroom, open_newsroom
from bot.newsroom.reads import Polled
from bot.web import Health, WebServer
from storage import Database, Store
from storage.records import ArticleToStore, Brought, Source
from tests.storage.desk import GUILD, NOW, Desk, article, comment, poll

SETTINGS = Settings(web_port=0)

# For what does not depend on the kind of database.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGE = f"/api/v1/guilds/{GUILD}/articles"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOW + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Site:
    """A running server and how to ask it."""

    http: aiohttp.ClientSession
    web: WebServer
    clock: Clock
    desk: Desk
    newsroom: Newsroom
    health: Health = field(default_factory=lambda: Health(alive=True, ready=True, sentence="All is well."))
    failing: Exception | None = None
    public: dict[int, frozenset[int]] = field(default_factory=lambda: {GUILD: frozenset({100})})

    async def look_at_health(self) -> Health:
        if self.failing:
            raise self.failing
        return self.health

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """The JSON at a path, which must answer with this status."""
        async with self.http.get(self.web.url + path, params=query) as answer:
            body = await answer.json()
            assert answer.status == status, body
            return body

    async def publish(self, *articles: ArticleToStore, channel_id: int = 100) -> list[int]:
        """Store and post articles, a minute apart, so that their order is certain; answers their ids."""
        source = await self.desk.wired(channel_id)
        ids = []
        for minute, one in enumerate(articles):
            # Posts wait for their images for less than that.
            await self.desk.store.harvest.store([Brought(poll(source), [one])], NOW - timedelta(minutes=1))
            ids += [card.article.id for card in await self.desk.send_all(NOW + timedelta(minutes=minute))]
        return ids

    async def say(self, message_id: int, article_id: int, **changes: Any) -> None:
        await self.desk.store.comments.record(comment(message_id, article_id, **changes))


async def no_poll(source: Source) -> Polled:
    raise AssertionError(f"No page has source {source.id} read.")


@pytest.fixture
async def site(database: Database, store: Store) -> AsyncIterator[Site]:
    async with (
        Fetcher(user_agent="Broadsheet tests", allow=parse_allow("")) as fetcher,
        Workers() as workers,
        aiohttp.ClientSession() as http,
    ):
        clock = Clock()
        newsroom = open_newsroom(
            store, Finder(fetcher, workers), clock=clock, on_subscriptions=lambda: None, poll=no_poll
        )

        async def health() -> Health:
            return await site.look_at_health()

        web = WebServer(
            newsroom,
            health=health,
            settings=replace(SETTINGS),
            clock=clock,
            public_channels=lambda guild_id: site.public.get(guild_id),
        )
        site = Site(http, web, clock, Desk(database, store), newsroom)
        async with web:
            yield site


def about(
    identity: str, title: str, summary: str = "Nothing else is known.", **changes: Any
) -> ArticleToStore:
    return article(identity, title=title, summary=summary, **changes)
