"""Carries posts from the outbox into their channels: none lost, none twice.

    claim (one a channel) → note Discord's newest id → `sending` → send with the post's own nonce → `sent`
                                                                 → thread → vote reactions → finished → read once

A post that goes beside another one goes into that one's thread, or into its channel where it can't.
Intent is stored before acting. An attempt whose end is unclear, in this process or one that died, is looked for
in the channel by the post's mark before anything is sent again. Each later step can be resumed and is done once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import assert_never

from bot.newsroom.ports import Away, Done, Later, Missing, Outcome, Publisher, Refused, Unclear
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.timing import LONGEST_RESEND, next_attempt
from storage import DatabaseBusy, Store
from storage.records import CardToPost, Post, PostState

log = logging.getLogger(__name__)

MOST_AT_ONCE = 16
# Longer than any one delivery, with every one of its calls waiting for as long as it may.
LEASE = timedelta(minutes=15)
# The command line queues posts too, in a process of its own: how soon they are noticed here.
LOOK_EVERY = timedelta(seconds=3)
# After so many attempts at a thread or a reaction the post does without.
MOST_ATTEMPTS_AT_STEPS = 8
# How soon a channel that can't be used is tried again.
AWAY = timedelta(minutes=5)


class Delivery:
    """The outbox's worker: one post a channel at a time, many channels at once.

    `woken` is set by whoever queued posts in this process; those of other processes are seen within `LOOK_EVERY`.
    `may_send` says whether this process still is the one bot on its database. `on_finished` is told of each post that
    is done: its message stood in the channel before it was known here, so what members did with it has to be read.
    `on_missing` is told the ids of messages, `on_gone` the id of a channel, that turn out to be gone.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        *,
        clock: Clock,
        woken: asyncio.Event,
        may_send: Callable[[], bool],
        on_finished: Callable[[Post], Awaitable[None]],
        on_missing: Callable[[Collection[int]], Awaitable[None]],
        on_gone: Callable[[int], Awaitable[None]],
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._may_send = may_send
        self._on_finished = on_finished
        self._on_missing = on_missing
        self._on_gone = on_gone
        self._rounds = Rounds("delivery", self.start_waiting, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=woken.set)
        self._first_round = True

    async def run(self) -> None:
        """Deliver until cancelled. Posts that a process before this one held are taken up first."""
        await self._rounds.run()

    async def close(self, grace: timedelta) -> None:
        """Let deliveries under way end for at most `grace`."""
        await self._jobs.drain(grace)

    async def start_waiting(self) -> timedelta:
        """Start delivering what waits, as far as there is room; answers how long until the next is due."""
        if self._first_round:
            await self._store.posts.release_leases()
            self._first_round = False
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
        try:
            await self._carry(card)
        except Exception:
            log.exception("Post %d could not be carried on; it is tried again in a minute", card.post.id)
            due_at, reason = self._clock() + LONGEST_RESEND, "Broadsheet failed; the operator's log says why."
            await self._write(lambda: self._store.posts.postpone(card.post.id, due_at, reason, unsent=False))

    async def _carry(self, card: CardToPost) -> None:
        sent = card if card.post.state is PostState.SENT else await self._send(card)
        if sent is not None and await self._finish(sent):
            await self._on_finished(sent.post)

    async def _send(self, card: CardToPost) -> CardToPost | None:
        """Send the card, or find it where an earlier attempt ended unclear. None: not in its channel yet."""
        post = card.post
        if post.state is PostState.SENDING:
            outcome = await self._publisher.find(card)
            if not isinstance(outcome, Missing):
                return await self._sent(card, outcome, unsent=isinstance(outcome, Away) and outcome.gone)
        else:
            place_id = None if post.beside_id is None else await self._thread_of(post.beside_id)
            if isinstance(place_id, Later | Unclear):
                return await self._sent(card, place_id, unsent=True)
            if post.beside_id is not None and place_id is None:
                await self._leave_thread(post.id, "There is none.")
                return None
            card = replace(card, post=replace(post, place_id=place_id))
            after_id = await self._publisher.newest_message_id(card.post.place)
            if not isinstance(after_id, int):
                return await self._sent(card, after_id, unsent=True)
            if not await self._store.posts.begin_sending(post.id, after_id, self._clock(), place_id):
                return None  # it is not ours to send any more
        if not self._may_send():
            # Nothing was sent; whoever holds the database then looks for the post before sending it.
            reason = Later("Another bot may have taken the database over.")
            return await self._sent(card, reason, unsent=False)
        outcome = await self._publisher.send(card)
        return await self._sent(card, outcome, unsent=not isinstance(outcome, Unclear))

    async def _thread_of(self, post_id: int) -> int | Later | Unclear | None:
        """The thread of a post that others are to be beside, opened where there is none; None where none can be."""
        card = await self._store.posts.card(post_id)
        if card is None or card.post.state is not PostState.SENT or card.post.place_id is not None:
            return None
        if card.post.thread_id is not None:
            return card.post.thread_id
        outcome = await self._publisher.open_thread(
            replace(card, post=replace(card.post, thread_wanted=True))
        )
        match outcome:
            case Later() | Unclear():
                return outcome
            case Missing():
                await self._on_missing([card.post.message_id or 0])
            case Done(id=int(thread_id)):
                await self._write(lambda: self._store.posts.threaded(post_id, thread_id))
                return thread_id
        return None

    async def _leave_thread(self, post_id: int, reason: str) -> None:
        """Have a post claimed again, at once, for its channel."""
        log.info("Post %d goes into its channel and not into another's thread: %s", post_id, reason)
        await self._store.posts.leave_thread(post_id, self._clock())

    async def _sent(self, card: CardToPost, outcome: Outcome, *, unsent: bool) -> CardToPost | None:
        post = card.post
        match outcome:
            case Done(id=int(message_id), file=file):
                attached = (card.article.image_url, file) if file else None
                # What Discord has accepted must be written down even while the bot is being stopped.
                await self._write(
                    lambda: self._store.posts.sent(post.id, message_id, self._clock(), attached, card)
                )
                return await self._store.posts.card(post.id)
            case Refused(sentence=sentence):
                log.warning("Post %d was refused: %s", post.id, sentence)
                await self._store.posts.refuse(post.id, sentence)
            case Missing():
                # Discord remembers the nonce, and that its message was deleted: somebody did not want it.
                await self._store.posts.refuse(post.id, "Its card was deleted as soon as it was posted.")
            case Done():
                await self._postpone(card, Unclear("Discord's answer named no message."), unsent=False)
            case Away() if post.place_id is not None and unsent:
                await self._leave_thread(post.id, outcome.sentence)
            case Later() | Unclear() | Away():
                await self._postpone(card, outcome, unsent=unsent)
            case _:
                assert_never(outcome)
        return None

    async def _finish(self, card: CardToPost) -> bool:
        """The steps after the message; one that can't be done now is tried again, one that never can is left out.

        Answers whether nothing remains to be done.
        """
        post = card.post
        if post.thread_wanted and post.thread_id is None and post.place_id is None:
            outcome = await self._publisher.open_thread(card)
            if isinstance(outcome, Done) and outcome.id is not None:
                thread_id = outcome.id
                await self._write(lambda: self._store.posts.threaded(post.id, thread_id))
            elif await self._stops(card, outcome):
                return False
        for placed, emoji in enumerate((card.emoji.up, card.emoji.down), start=1):
            if placed <= post.seeded:
                continue
            if await self._stops(card, await self._publisher.place_vote(card, emoji)):
                return False
            await self._write(partial(self._store.posts.seeded, post.id, placed))
        await self._write(lambda: self._store.posts.finish(post.id, self._clock()))
        return True

    async def _stops(self, card: CardToPost, outcome: Outcome) -> bool:
        """Whether the steps after the message have to wait, or there is no message any more."""
        match outcome:
            case Missing():
                await self._on_missing([card.post.message_id or 0])
                return True
            case Later() | Unclear() | Away() if card.post.attempts < MOST_ATTEMPTS_AT_STEPS:
                await self._postpone(card, outcome, unsent=False)
                return True
            case Later() | Unclear() | Away() | Refused():
                # The article is there; the channel's next ones must not wait for a thread or a reaction.
                log.warning("A step of post %d is left out: %s", card.post.id, outcome.sentence)
        return False

    async def _postpone(self, card: CardToPost, outcome: Later | Unclear | Away, *, unsent: bool) -> None:
        post, now = card.post, self._clock()
        asked = outcome.after if isinstance(outcome, Later) else None
        due_at = now + AWAY if isinstance(outcome, Away) else next_attempt(now, post.attempts, asked)
        await self._store.posts.postpone(post.id, due_at, outcome.sentence, unsent)
        log.info(
            "Post %d waits until %s: %s", post.id, due_at.isoformat(timespec="seconds"), outcome.sentence
        )
        if isinstance(outcome, Away):
            if outcome.gone:
                await self._on_gone(post.place)
            else:
                await self._store.posts.postpone_channel(post.channel_id, due_at, outcome.sentence)

    async def _write(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write down what Discord did: through a busy database, and through being stopped."""

        async def persist() -> None:
            wait = timedelta(milliseconds=500)
            while True:
                try:
                    await write()
                    return
                except DatabaseBusy as problem:
                    log.warning("What Discord did could not be written down, trying again: %s", problem)
                    await asyncio.sleep(wait.total_seconds())
                    wait = min(wait * 2, timedelta(seconds=10))

        await asyncio.shield(persist())
