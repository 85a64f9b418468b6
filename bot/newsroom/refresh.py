"""Keeps the cards in the channels current: scores, comment counts and corrected texts, in batches."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import timedelta

from bot.newsroom.ports import Away, Done, Later, Missing, Publisher, Refused, Unclear
from bot.newsroom.rounds import Clock, Rounds, side_by_side
from storage import Store
from storage.records import CardToPost, CardToRefresh

log = logging.getLogger(__name__)

# A card changes at most once in this time however many members vote, and soon after it.
BATCH_EVERY = timedelta(seconds=5)
MOST_AT_ONCE = 50
# A card that can't be edited makes room for the others for so long.
NOT_NOW = timedelta(minutes=1)
MOST_REMEMBERED = 10_000


class Refresher:
    """Edits the cards whose article's standing changed since they were last drawn.

    `on_missing` is told the ids of cards that turn out to be deleted, `on_gone` the id of a channel that is.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        *,
        clock: Clock,
        on_missing: Callable[[Collection[int]], Awaitable[None]],
        on_gone: Callable[[int], Awaitable[None]],
        every: timedelta = BATCH_EVERY,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._on_missing = on_missing
        self._on_gone = on_gone
        self._every = every
        # Of standings with a card that must be tried again: which version the others show.
        self._drawn: dict[tuple[int, int], tuple[int, set[int]]] = {}
        self._rounds = Rounds("card refreshing", self.refresh_stale, woken=asyncio.Event())

    async def run(self) -> None:
        """Refresh until cancelled."""
        await self._rounds.run()

    async def refresh_stale(self) -> timedelta:
        """Edit a batch of stale cards, channels side by side. One that can't be edited now comes again later."""
        by_channel: defaultdict[int, list[CardToRefresh]] = defaultdict(list)
        by_standing: defaultdict[tuple[int, int], list[CardToRefresh]] = defaultdict(list)
        for stale in await self._store.posts.stale_cards(MOST_AT_ONCE):
            by_standing[_standing(stale)].append(stale)
            if not self._is_drawn(stale):
                by_channel[stale.card.post.channel_id].append(stale)
        again = set().union(*await side_by_side(self._refresh(cards) for cards in by_channel.values()))
        for standing, cards in by_standing.items():
            done = {stale.card.post.id for stale in cards} - again
            if len(done) < len(cards):
                self._drawn[standing] = (cards[0].version, done)
                await self._store.posts.card_not_refreshed(*standing, self._clock() + NOT_NOW)
            else:
                self._drawn.pop(standing, None)
                await self._store.posts.card_refreshed(*standing, cards[0].version)
        if len(self._drawn) > MOST_REMEMBERED:
            self._drawn.clear()
        return self._every

    def _is_drawn(self, stale: CardToRefresh) -> bool:
        """Whether a card shows this version already, and comes again only for another one of its article."""
        version, cards = self._drawn.get(_standing(stale), (None, set[int]()))
        return version == stale.version and stale.card.post.id in cards

    async def _refresh(self, cards: Iterable[CardToRefresh]) -> set[int]:
        """Edit one channel's cards; answers the posts whose card must be tried again."""
        again = set()
        for stale in cards:
            post = stale.card.post
            match await self._publisher.refresh(stale.card):
                case Done(file=file):
                    await self._note_file(stale.card, file)
                case Away(gone=True):
                    await self._on_gone(post.place)
                case Away(closed=True):
                    pass  # nobody reads on in a thread that is archived or locked
                case Later() | Unclear() | Away():
                    again.add(post.id)
                case Missing():
                    await self._on_missing([post.message_id or 0])
                case Refused(sentence=sentence):
                    log.warning("The card of post %d could not be refreshed: %s", post.id, sentence)
        return again

    async def _note_file(self, card: CardToPost, file: str | None) -> None:
        """Write down, where it is another one now, which image the message carries as a file."""
        address = card.article.image_url if file else None
        if (card.post.attached, card.post.attached_as) != (address, file):
            await self._store.posts.attached(card.post.id, address, file)


def _standing(stale: CardToRefresh) -> tuple[int, int]:
    return stale.card.post.article_id, stale.card.post.guild_id
