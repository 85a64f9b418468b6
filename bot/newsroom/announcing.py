"""Publishes cards of announcement channels to the servers that follow them, apart from the channels' queues.

Discord takes ten an hour from a channel. A busy one's next articles must not wait for that in their own channel, nor be
kept from its followers for good: what is too many now follows an hour later, in order. After a day it is left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

from bot.newsroom.ports import Away, Done, Later, Missing, Publisher, Refused, Unclear
from bot.newsroom.rounds import Clock, Rounds, side_by_side
from bot.newsroom.sending import AWAY_PAUSE
from bot.newsroom.timing import LONGEST_RESEND
from storage import Store
from storage.records import CardToPost

log = logging.getLogger(__name__)

MOST_AT_ONCE = 20
LOOK_EVERY = timedelta(minutes=1)
# Older news is none to those who read it elsewhere.
LEFT_OUT_AFTER = timedelta(days=1)


class Announcer:
    """Publishes finished posts whose subscription wishes it, channels side by side, each one's in order.

    `woken` is set when posts were finished in this process. `may_send` says whether it still is the one bot on its
    database. `on_missing` is told the ids of messages that turn out to be gone.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        *,
        clock: Clock,
        woken: asyncio.Event,
        may_send: Callable[[], bool],
        on_missing: Callable[[Collection[int]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._may_send = may_send
        self._on_missing = on_missing
        self._rounds = Rounds("announcing", self.announce_due, woken=woken, longest=LOOK_EVERY)

    async def run(self) -> None:
        """Announce until cancelled."""
        await self._rounds.run()

    async def announce_due(self) -> timedelta:
        """Announce what is due; answers how long until the next look."""
        due = await self._store.posts.to_announce(self._clock(), MOST_AT_ONCE)
        by_channel: defaultdict[int, list[CardToPost]] = defaultdict(list)
        for card in due:
            by_channel[card.post.channel_id].append(card)
        await side_by_side(self._announce(cards) for cards in by_channel.values())
        return timedelta() if len(due) == MOST_AT_ONCE else LOOK_EVERY

    async def _announce(self, cards: list[CardToPost]) -> None:
        for card in cards:
            if not self._may_send():
                return
            post = card.post
            match await self._publisher.announce(card):
                case Done():
                    await self._store.posts.announced(post)
                case Refused(sentence=sentence):
                    log.warning("Post %d is not published to followers: %s", post.id, sentence)
                    await self._store.posts.announced(post)
                case Missing():
                    await self._on_missing([post.message_id or 0])
                case Later(sentence=sentence, after=after):
                    await self._wait(post.channel_id, max(after or LONGEST_RESEND, LONGEST_RESEND), sentence)
                    return
                case Unclear(sentence=sentence):
                    await self._wait(post.channel_id, LONGEST_RESEND, sentence)
                    return
                case Away(sentence=sentence):
                    await self._wait(post.channel_id, AWAY_PAUSE, sentence)
                    return

    async def _wait(self, channel_id: int, pause: timedelta, sentence: str) -> None:
        """Have all of a channel's wait; what is too old by now is left out."""
        now = self._clock()
        left_out = await self._store.posts.announce_later(channel_id, now + pause, now - LEFT_OUT_AFTER)
        log.info(
            "What channel %d publishes to followers waits for %d s: %s",
            channel_id,
            pause.total_seconds(),
            sentence,
        )
        if left_out:
            log.warning("%d posts of channel %d are too old for its followers by now", left_out, channel_id)
