"""Carries posts from the outbox into their channels: none lost, none twice.

    claim (one a channel) → note Discord's newest id → `sending` → send with the post's own nonce → `sent`
                                                                 → thread → vote reactions → finished

Intent is stored before acting. An attempt whose end is unclear, in this process or one that died, is looked for
in the channel by the post's mark before anything is sent again. Each later step can be resumed and is done once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import assert_never

from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Publisher, Refused, Unclear
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.timing import next_attempt
from storage import Store
from storage.records import CardToPost, PostState

log = logging.getLogger(__name__)

MOST_AT_ONCE = 16
# Longer than any one delivery: discord.py's own retries and waits end within it.
LEASE = timedelta(minutes=5)
# The command line queues posts too, in a process of its own: how soon they are noticed here.
LOOK_EVERY = timedelta(seconds=3)
# How soon a channel that can't be used is tried again.
AWAY = timedelta(minutes=5)


class Delivery:
    """The outbox's worker: one post a channel at a time, many channels at once.

    `woken` is set by whoever queued posts in this process; those of other processes are seen within `LOOK_EVERY`.
    `on_sent` is told the id of each message that a post has become.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        *,
        clock: Clock,
        woken: asyncio.Event,
        on_sent: Callable[[int], Awaitable[None]],
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._on_sent = on_sent
        self._rounds = Rounds("delivery", self.start_waiting, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=woken.set)

    async def run(self) -> None:
        """Deliver until cancelled. Posts that a process before this one held are taken up first."""
        await self._store.posts.release_leases()
        await self._rounds.run()

    async def close(self, grace: timedelta) -> None:
        """Let deliveries under way end for at most `grace`."""
        await self._jobs.drain(grace)

    async def start_waiting(self) -> timedelta:
        """Start delivering what waits, as far as there is room; answers how long until the next is due."""
        now = self._clock()
        if self._jobs.free <= 0:
            return LEASE
        next_due = await self._store.posts.next_due_at()
        if next_due is not None and next_due <= now:  # at rest nothing is written
            for card in await self._store.posts.claim(now, self._jobs.free, LEASE):
                self._jobs.start(self.deliver(card))
            next_due = await self._store.posts.next_due_at()
        return LEASE if next_due is None else next_due - now

    async def deliver(self, card: CardToPost) -> None:
        """Carry one claimed post as far as it goes now."""
        if card.post.state is not PostState.SENT:
            sent = await self._send(card)
            if sent is None:
                return
            card = sent
        await self._finish(card)

    async def _send(self, card: CardToPost) -> CardToPost | None:
        """Send the card, or find it where an earlier attempt ended unclear. None: not in its channel yet."""
        post = card.post
        if post.state is PostState.SENDING:
            outcome = await self._publisher.find(card)
            if not isinstance(outcome, Missing):
                return await self._sent(card, outcome, unsent=False)
        else:
            after_id = await self._publisher.newest_message_id(post.channel_id)
            if not await self._store.posts.begin_sending(post.id, after_id or 0, self._clock()):
                return None  # it is not ours to send any more
        outcome = await self._publisher.send(card)
        return await self._sent(card, outcome, unsent=not isinstance(outcome, Unclear))

    async def _sent(self, card: CardToPost, outcome: Outcome, *, unsent: bool) -> CardToPost | None:
        post = card.post
        match outcome:
            case Done(id=int(message_id)):
                # What Discord has accepted must be written down even while the bot is being stopped.
                await asyncio.shield(self._store.posts.sent(post.id, message_id, self._clock()))
                await self._on_sent(message_id)
                return await self._store.posts.card(post.id)
            case Refused(sentence=sentence):
                log.warning("Post %d was refused: %s", post.id, sentence)
                await self._store.posts.refuse(post.id, sentence)
            case Missing():
                # Discord remembers the nonce, and that its message was deleted: somebody did not want it.
                await self._store.posts.refuse(post.id, "Its card was deleted as soon as it was posted.")
            case Done():
                await self._postpone(card, Unclear("Discord's answer named no message."), unsent=False)
            case Later() | Unclear() | Away():
                await self._postpone(card, outcome, unsent=unsent)
            case _:
                assert_never(outcome)
        return None

    async def _finish(self, card: CardToPost) -> None:
        """The steps after the message; one that can't be done now is tried again, one that never can is left out."""
        post = card.post
        if post.thread_wanted and post.thread_id is None:
            outcome = await self._publisher.open_thread(card)
            if isinstance(outcome, Done) and outcome.id is not None:
                await asyncio.shield(self._store.posts.threaded(post.id, outcome.id))
            elif await self._stops(card, outcome):
                return
        for placed, emoji in enumerate((card.emoji.up, card.emoji.down), start=1):
            if placed <= post.seeded:
                continue
            outcome = await self._publisher.place_vote(card, emoji)
            if await self._stops(card, outcome):
                return
            await asyncio.shield(self._store.posts.seeded(post.id, placed))
        await self._store.posts.finish(post.id, self._clock())

    async def _stops(self, card: CardToPost, outcome: Outcome) -> bool:
        match outcome:
            case Later() | Unclear() | Away():
                await self._postpone(card, outcome, unsent=False)
                return True
            case Missing():
                await self._store.posts.message_deleted([card.post.message_id or 0], self._clock())
                return True
            case Refused(sentence=sentence):
                log.warning("A step of post %d was refused and is left out: %s", card.post.id, sentence)
        return False

    async def _postpone(self, card: CardToPost, outcome: Later | Unclear | Away, *, unsent: bool) -> None:
        post, now = card.post, self._clock()
        asked = outcome.after if isinstance(outcome, Later) else None
        due_at = now + AWAY if isinstance(outcome, Away) else next_attempt(now, post.attempts, asked)
        await self._store.posts.postpone(post.id, due_at, outcome.sentence, unsent)
        if isinstance(outcome, Away):
            await self._store.posts.postpone_channel(post.channel_id, due_at, outcome.sentence)
        log.info(
            "Post %d waits until %s: %s", post.id, due_at.isoformat(timespec="seconds"), outcome.sentence
        )
