"""A false Discord for tests of delivery: channels that answer as they are told to, and posts that wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.newsroom.away import AwayChannels
from bot.newsroom.delivery import Delivery
from bot.newsroom.ports import Away, Done, Later, Missing, Outcome
from storage import Store
from storage.records import (
    ArticleToStore,
    Brought,
    CardToPost,
    DigestToPost,
    Post,
    SourceUpdate,
    SubscriptionToStore,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GUILD, CHANNEL = 10, 20


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Channel:
    """A channel that answers as it is told to, and in the end takes everything; it keeps what it was asked.

    `meanwhile` is called when it is asked the question of its name, before it answers.
    """

    def __init__(self, **answers: list[Outcome]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.ours = True
        self.newest: int | Away | Later = 999
        self.places: list[int] = []
        self.digests: list[DigestToPost] = []
        self.meanwhile: dict[str, Callable[[], Awaitable[object]]] = {}
        self._next_id = 1000

    async def _answer(self, question: str) -> Outcome:
        self.asked.append(question)
        name = question.split()[0]
        await self._happen(name)
        waiting = self.answers.get(name, [])
        if waiting:
            return waiting.pop(0)
        self._next_id += 1
        return Missing() if name in ("find", "find_digest") else Done(self._next_id)

    async def _happen(self, name: str) -> None:
        if (happens := self.meanwhile.get(name)) is not None:
            await happens()

    async def read(self, post: Post) -> None:
        self.asked.append("read")

    async def end(self, channel_id: int) -> None:
        self.asked.append("end")

    async def newest_message_id(self, channel_id: int) -> int | Away | Later:
        self.places.append(channel_id)
        await self._happen("newest")
        return self.newest

    async def newest_direct_id(self, channel_id: int) -> int | Away | Later:
        return await self.newest_message_id(channel_id)

    async def send(self, card: CardToPost) -> Outcome:
        return await self._answer("send")

    async def find(self, card: CardToPost) -> Outcome:
        return await self._answer("find")

    async def send_digest(self, digest: DigestToPost) -> Outcome:
        self.digests.append(digest)
        return await self._answer("send_digest")

    async def find_digest(self, digest: DigestToPost) -> Outcome:
        return await self._answer("find_digest")

    async def open_thread(self, card: CardToPost) -> Outcome:
        return await self._answer("thread")

    async def place_vote(self, card: CardToPost, emoji: str) -> Outcome:
        return await self._answer(f"vote {emoji}")

    async def announce(self, card: CardToPost) -> Outcome:
        return await self._answer(f"announce {card.article.title}")

    async def pin(self, card: CardToPost) -> Outcome:
        return await self._answer("pin")

    async def refresh(self, card: CardToPost) -> Outcome:
        return await self._answer("refresh")


async def queue(
    store: Store,
    titles: list[str],
    *,
    guild: int = GUILD,
    channel: int = CHANNEL,
    now: datetime = NOW,
    **wishes: Any,
) -> None:
    """Posts that wait in a channel, one for each title, for a subscription with these wishes."""
    await store.guilds.seen(guild, "Harbour Town", now)
    source = await store.sources.add(f"https://tide.test/{guild}/{channel}", "The Tide", None, None)
    wish = SubscriptionToStore(
        guild, channel, source.id, newest=0, created_by=7, **{"thread": False, **wishes}
    )
    await store.subscriptions.add(wish, now)
    update = SourceUpdate(source.id, "The Tide", None, None, None, None, None, now)
    await store.harvest.store([Brought(update, [])], now)  # the first poll posts none
    articles = [ArticleToStore(title, "r", None, title, None, "Summary.", None, None) for title in titles]
    [ingested] = await store.harvest.store([Brought(update, articles)], now)
    assert ingested.posts >= min(len(titles), wish.at_most or len(titles))


def delivery(store: Store, channel: Channel, clock: Clock, *, woken: asyncio.Event | None = None) -> Delivery:
    """What delivers into the channel."""

    async def deleted(message_ids: Collection[int]) -> None:
        await store.posts.message_deleted(message_ids, clock())

    return Delivery(
        store,
        channel,
        AwayChannels(store, clock=clock, on_back=lambda: None),
        clock=clock,
        woken=woken or asyncio.Event(),
        may_send=lambda: channel.ours,
        on_finished=channel.read,
        on_missing=deleted,
        on_gone=channel.end,
    )


async def deliver_one(store: Store, channel: Channel, clock: Clock) -> CardToPost | None:
    """Claim and deliver the post that is due; answers the card as it is claimed, None where nothing is."""
    claimed = await store.posts.claim(clock(), 1, timedelta(minutes=5))
    if not claimed:
        return None
    await delivery(store, channel, clock).deliver(claimed[0])
    return await store.posts.card(claimed[0].post.id)


async def deliver_all(store: Store, channel: Channel, clock: Clock) -> timedelta:
    """Have all that is due delivered, round after round; answers how long until the next is."""
    woken = asyncio.Event()
    worker = delivery(store, channel, clock, woken=woken)
    while True:
        woken.clear()
        wait = await worker.start_waiting()
        await worker._jobs.drain(timedelta(seconds=10))
        if not woken.is_set():  # nothing was started
            return wait
