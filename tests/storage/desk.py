"""A desk for tests: puts sources, subscriptions, articles and posts into a store with few words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storage import (
    ArticleToStore,
    CardToPost,
    CommentSeen,
    Database,
    Ingested,
    Source,
    SourceUpdate,
    Store,
    Subscription,
    SubscriptionToStore,
    TextStored,
)
from storage.records import Brought

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
GUILD = 10
VISIBLE = range(100, 300)
"""Channels that a test's reader sees, unless it says otherwise."""


def at(minutes: float) -> datetime:
    """Minutes after NOW."""
    return NOW + timedelta(minutes=minutes)


def whole(body: str, origin: str = "feed", **changes: Any) -> TextStored:
    """A text that is all of an article, so that no page is wanted for it."""
    return replace(TextStored(origin, body, True, body, body, body), **changes)


def article(identity: str, **changes: Any) -> ArticleToStore:
    values: dict[str, Any] = {
        "identity": identity,
        "revision": "r1",
        "url": f"https://example.org/{identity}",
        "title": f"Title of {identity}",
        "author": None,
        "summary": f"Summary of {identity}.",
        "image_url": None,
        "published_at": None,
        "text": whole(f"Summary of {identity}."),
    }
    return ArticleToStore(**{**values, **changes})


def poll(source: Source, **changes: Any) -> SourceUpdate:
    values: dict[str, Any] = {
        "source_id": source.id,
        "title": source.title,
        "link": None,
        "icon_url": None,
        "etag": '"e1"',
        "last_modified": None,
        "digest": "d1",
        "next_poll_at": at(10),
    }
    return SourceUpdate(**{**values, **changes})


def comment(message_id: int, article_id: int, **changes: Any) -> CommentSeen:
    values: dict[str, Any] = {
        "message_id": message_id,
        "guild_id": GUILD,
        "channel_id": 100,
        "article_id": article_id,
        "reply_to_id": None,
        "author_id": 1,
        "author_name": "Ada",
        "text": "Well said.",
        "quote": None,
        "created_at": NOW,
        "edited_at": None,
    }
    return CommentSeen(**{**values, **changes})


class Desk:
    """Ids of messages that it posts are 1000 and the post's id."""

    def __init__(self, database: Database, store: Store) -> None:
        self.database = database
        self.store = store

    async def source(self, name: str = "news") -> Source:
        return await self.store.sources.add(f"https://{name}.example/feed", name.title(), None, None)

    async def subscribe(
        self, source: Source, channel_id: int, guild_id: int = GUILD, newest: int = 0, thread: bool = False
    ) -> Subscription:
        wish = SubscriptionToStore(guild_id, channel_id, source.id, thread, newest, 7)
        return (await self.store.subscriptions.add(wish, NOW))[0]

    async def ingest(self, source: Source, *identities: str, now: datetime = NOW) -> Ingested:
        new = [article(name) for name in identities]
        return (await self.store.harvest.store([Brought(poll(source), new)], now))[0]

    async def wired(self, *channels: int, guild_id: int = GUILD, name: str = "news") -> Source:
        """A source that was polled once, empty, with started subscriptions in these channels."""
        source = await self.source(name)
        for channel_id in channels:
            await self.subscribe(source, channel_id, guild_id)
        await self.ingest(source)
        return source

    async def claim(self, now: datetime = NOW, limit: int = 100) -> list[CardToPost]:
        return await self.store.posts.claim(now, limit, LEASE)

    async def send(self, card: CardToPost, now: datetime = NOW) -> int:
        """Take a claimed post through to its message; answers the message's id."""
        posts, post = self.store.posts, card.post
        assert await posts.begin_sending(post, None, now)
        assert await posts.sent(post, 1000 + post.id, now)
        assert await posts.finish(post, now)
        return 1000 + post.id

    async def send_all(self, now: datetime = NOW) -> list[CardToPost]:
        """Post all that waits; answers the cards as they were claimed."""
        sent = []
        while claimed := await self.claim(now):
            for card in claimed:
                await self.send(card, now)
            sent += claimed
        return sent
