"""Keeps the cards in the channels current: scores, comment counts and corrected texts, in batches."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from bot.newsroom.ports import Later, Missing, Publisher, Refused, Unclear
from bot.newsroom.rounds import Clock, Rounds
from storage import Store
from storage.records import CardToRefresh

log = logging.getLogger(__name__)

# A card changes at most once in this time however many members vote, and soon after it.
BATCH_EVERY = timedelta(seconds=5)
MOST_AT_ONCE = 50


class Refresher:
    """Edits the cards whose article's standing changed since they were last drawn."""

    def __init__(
        self, store: Store, publisher: Publisher, *, clock: Clock, every: timedelta = BATCH_EVERY
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._every = every
        self._rounds = Rounds("card refreshing", self.refresh_stale, woken=asyncio.Event())

    async def run(self) -> None:
        """Refresh until cancelled."""
        await self._rounds.run()

    async def refresh_stale(self) -> timedelta:
        """Edit a batch of stale cards, channels side by side. One that must be tried again stays stale."""
        by_channel: defaultdict[int, list[CardToRefresh]] = defaultdict(list)
        versions: dict[tuple[int, int], int] = {}
        for stale in await self._store.posts.stale_cards(MOST_AT_ONCE):
            by_channel[stale.card.post.channel_id].append(stale)
            versions[_standing(stale)] = stale.version
        again = await asyncio.gather(*(self._refresh(cards) for cards in by_channel.values()))
        for standing in versions.keys() - set().union(*again):
            await self._store.posts.card_refreshed(*standing, versions[standing])
        return self._every

    async def _refresh(self, cards: Iterable[CardToRefresh]) -> set[tuple[int, int]]:
        """Edit one channel's cards; answers the standings whose card must be tried again."""
        again = set()
        for stale in cards:
            post = stale.card.post
            match await self._publisher.refresh(stale.card):
                case Later() | Unclear():
                    again.add(_standing(stale))
                case Missing():
                    await self._store.posts.message_deleted([post.message_id or 0], self._clock())
                case Refused(sentence=sentence):
                    log.warning("The card of post %d could not be refreshed: %s", post.id, sentence)
        return again


def _standing(stale: CardToRefresh) -> tuple[int, int]:
    return stale.card.post.article_id, stale.card.post.guild_id
