"""What the operator does from the command line without a running bot: look at sources, subscribe, poll."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.app import AppProblem, World, open_store, open_world, utc_now
from bot.config import Settings
from bot.feeds.articles import NotRead, read_page
from bot.feeds.discover import Found, NotFound, Several
from bot.feeds.model import Telling
from bot.feeds.own_headers import with_header
from bot.feeds.pictures import look_at
from bot.login import look_up_channel, point_at
from bot.newsroom.host_line import host_of
from bot.newsroom.newsroom import open_newsroom
from bot.newsroom.polling import Poller
from bot.newsroom.reading import is_page
from bot.newsroom.reads import Polled, write_article
from bot.newsroom.source_status import DAYS
from bot.newsroom.subscriptions import NotSubscribed, SeveralFeeds, Subscribed
from storage import Database, Origin, Store
from storage.records import ArticleToStore, Erased, Pace, Source, SourceListed, Subscription, Wishes

# Lists on the command line are read by people: this many lines are enough to find one's way.
MOST_LISTED = 1000
# Sources are looked at, and read, so many at a time.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest article as its card would tell it: from its page where that is wanted and tells more than the feed.

    `problem` says why the page was not read, `image` what becomes of the image, where there is one.
    """

    origin: Origin
    telling: Telling
    paywalled: bool
    problem: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What following an address would bring: what is read there (see `Source.kind`), its articles, newest last."""

    feed_url: str
    title: str
    link: str | None
    articles: tuple[ArticleToStore, ...]
    kind: str
    format: str
    selector: str | None
    newest: Newest | None


@dataclass(frozen=True, slots=True)
class SourceShown:
    """A source with what it is wired to, what it has brought and how often it publishes."""

    listed: SourceListed
    pace: Pace


async def preview(
    settings: Settings, address: str, selector: str | None = None
) -> Preview | Several | NotFound:
    """Read an address as a poll would; nothing is stored."""
    async with open_world(settings) as world:
        found = await world.finder.find(address, selector)
        if not isinstance(found, Found):
            return found
        document = found.document
        now = utc_now()
        entries = document.entries[::-1]
        tellings = await world.workers.tell(entries)
        articles = tuple(
            write_article(entry, telling, now) for entry, telling in zip(entries, tellings, strict=True)
        )
        return Preview(
            feed_url=found.feed_url,
            title=document.title,
            link=document.link,
            articles=articles,
            kind=found.kind,
            format=document.format,
            selector=found.selector,
            newest=await _read_newest(world, found.feed_url, articles[-1], tellings[-1])
            if articles
            else None,
        )


async def _read_newest(world: World, feed_url: str, article: ArticleToStore, told: Telling) -> Newest:
    """Read an article as the bot would for a subscription without wishes."""
    origin, paywalled, problem = Origin.FEED, False, None
    image_url = article.image_url
    if not told.whole and article.url and is_page(article.url, feed_url, article.media_url):
        page = await read_page(world.fetcher, world.page_workers, article.url, article.title)
        if isinstance(page, NotRead):
            problem = page.sentence
        else:
            paywalled, image_url = page.paywalled, image_url or page.image_url
            if page.telling.words > told.words:
                origin, told = Origin.PAGE, page.telling
    image = None
    if image_url:
        seen = await look_at(world.fetcher, world.page_workers, image_url, article.url)
        if isinstance(seen, NotRead):
            image = f"left out: {seen.sentence}"
        else:
            image = "brought along, made small" if seen.picture else "linked to as it is"
    return Newest(origin, told, paywalled, problem, image)


class Desk:
    """The operator's desk: a store and the world outside, without Discord."""

    def __init__(self, settings: Settings, database: Database, store: Store, world: World) -> None:
        self._settings = settings
        self._store = store
        shortest, longest = settings.poll_bounds
        self._poller = Poller(
            store,
            world.fetcher,
            world.workers,
            clock=utc_now,
            interval=shortest,
            longest=longest,
            spread=random.random,
            woken=asyncio.Event(),
            on_posts=lambda: None,
        )
        newsroom = open_newsroom(
            store, world.finder, clock=utc_now, on_subscriptions=lambda: None, poll=self._poller.poll
        )
        self._subscriptions = newsroom.subscriptions
        self._privacy = newsroom.privacy
        self.where = database.where
        """The database's name for people."""

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Desk]:
        """A desk on the operator's database. Raises AppProblem or DatabaseProblem."""
        async with open_store(settings) as (database, store), open_world(settings) as world:
            yield cls(settings, database, store, world)

    async def subscribe(
        self,
        address: str,
        channel_id: int,
        *,
        guild_id: int | None,
        forum: bool = False,
        wishes: Wishes,
        selector: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Subscribed | SeveralFeeds | NotSubscribed:
        """Wire an address to a channel; its guild, and whether it is a forum, are asked of Discord where none is given.

        `headers` are sent with every request for the source; those that it has already need not be given again.
        Raises AppProblem where one can't be sent.
        """
        kept = await self._subscriptions.kept_headers(address)
        for name, value in (headers or {}).items():
            kept = _with_header(kept, name, value)
        if guild_id is None:
            guild_id, forum = await self._look_up(channel_id)
        return await self._subscriptions.subscribe(
            guild_id, channel_id, address, wishes=wishes, selector=selector, headers=kept, forum=forum
        )

    async def _look_up(self, channel_id: int) -> tuple[int, bool]:
        if not self._settings.discord_token:
            raise AppProblem(
                "Without a DISCORD_TOKEN, Discord can't be asked which server the channel is in: "
                "name it with --guild ID, and say --forum where it is a forum."
            )
        point_at(self._settings.discord_api_url, self._settings.discord_gateway_url)
        channel = await look_up_channel(self._settings.discord_token, channel_id)
        return channel.guild_id, channel.forum

    async def unsubscribe(self, subscription_id: int) -> Subscription:
        """End a subscription. Raises AppProblem where there is none of this id."""
        subscription = await self._store.subscriptions.get(subscription_id)
        if subscription is None:
            raise AppProblem(f"There is no subscription {subscription_id}. 'subscriptions' lists them.")
        await self._store.subscriptions.remove(subscription_id)
        return subscription

    async def subscriptions(self) -> list[Subscription]:
        """All subscriptions of all guilds."""
        return await self._store.subscriptions.all(limit=MOST_LISTED, offset=0)

    async def sources(self) -> list[SourceShown]:
        """All sources, in the order in which they were added."""
        shown: list[SourceShown] = []
        async for page in self._pages():
            paces = await self._store.sources.paces([one.source.id for one in page], utc_now(), DAYS)
            shown += [SourceShown(one, paces[one.source.id]) for one in page]
        return shown

    async def _pages(self) -> AsyncIterator[list[SourceListed]]:
        seen = 0
        while page := await self._store.sources.listed(limit=PAGE, offset=seen):
            seen += len(page)
            yield page

    async def forget(self, member_id: int) -> Erased:
        """Erase what is kept of a member of Discord in all guilds, and keep nothing of them from now on."""
        return await self._privacy.forget(member_id)

    async def source_for_header(self, source_id: int, name: str) -> Source:
        """The source that is to get a header of this name, before anybody has to type its value.

        Raises AppProblem where there is no such source, or where such a header can't be sent.
        """
        source = await self._store.sources.get(source_id)
        if source is None:
            raise AppProblem(f"There is no source {source_id}. 'sources' lists them.")
        _with_header(source.headers, name, None)
        return source

    async def set_header(self, source_id: int, name: str, value: str | None) -> Source:
        """Send a header with every request for a source from now on, or not any more where the value is None.

        Raises AppProblem where there is no such source, or where such a header can't be sent.
        """
        source = await self.source_for_header(source_id, name)
        headers = _with_header(source.headers, name, value)
        await self._store.sources.set_headers(source_id, headers, utc_now())
        return source

    async def poll(self, source_id: int | None) -> list[Polled]:
        """Read one source, or every one that somebody wants, now. A running bot delivers what that brings.

        Raises AppProblem where there is no source of this id.
        """
        if source_id is not None:
            source = await self._store.sources.get(source_id)
            if source is None:
                raise AppProblem(f"There is no source {source_id}. 'sources' lists them.")
            return [await self._poller.poll(source)]
        polled: list[Polled] = []
        async for page in self._pages():
            by_host: dict[str, list[Source]] = {}
            for listed in page:
                if listed.subscriptions:
                    by_host.setdefault(host_of(listed.source.url), []).append(listed.source)
            found = await asyncio.gather(*map(self._poll_in_turn, by_host.values()))
            by_id = {one.source.id: one for together in found for one in together}
            polled += [by_id[listed.source.id] for listed in page if listed.source.id in by_id]
        return polled

    async def _poll_in_turn(self, sources: Sequence[Source]) -> list[Polled]:
        """Read the sources of a host one after the other: it may ask to be left alone before the last."""
        return [await self._poller.poll(source) for source in sources]


def _with_header(kept: str | None, name: str, value: str | None) -> str | None:
    try:
        return with_header(kept, name, value)
    except ValueError as problem:
        raise AppProblem(str(problem)) from problem
