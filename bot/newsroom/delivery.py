"""Carries posts and digests from the outbox into their channels: none lost, none twice.

    what waited too long is gathered → claim (one a channel, guilds taking turns) → send once → the steps after it

One thing after the other in a channel, many channels at once. What sends a message exactly once is in `sending`, what a
post needs besides in `posting`, what waited too long in `digests`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from bot.newsroom.away import AwayChannels
from bot.newsroom.digests import DigestMessage, gather
from bot.newsroom.ports import Publisher
from bot.newsroom.posting import Posting
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.sending import Sending
from bot.newsroom.timing import LONGEST_RESEND
from storage import DatabaseProblem, Store, TakenOver
from storage.records import CardToPost, DigestToPost, Post

log = logging.getLogger(__name__)

MOST_AT_ONCE = 32
# A guild whose channels all answer slowly leaves room for the others.
MOST_OF_A_GUILD = 8
# Longer than any one delivery, with every one of its calls waiting for as long as it may.
LEASE = timedelta(minutes=15)
# The command line queues posts too, in a process of its own: how soon they are noticed here.
LOOK_EVERY = timedelta(seconds=3)


class Delivery:
    """The outbox's worker: one post a channel at a time, many channels at once.

    `woken` is set by whoever queued posts in this process; those of other processes are seen within `LOOK_EVERY`.
    `may_send` says whether this process still is the one bot on its database. `on_finished` is told of each post that
    is done, `on_missing` the ids of messages, `on_gone` the id of a channel, that turn out to be gone.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        away: AwayChannels,
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
        self._sending = Sending(
            away, clock=clock, may_send=lambda: may_send() and not self._closing, on_gone=on_gone
        )
        self._posting = Posting(
            store, publisher, self._sending, clock=clock, on_finished=on_finished, on_missing=on_missing
        )
        self._rounds = Rounds("delivery", self.start_waiting, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=woken.set)
        self._first_round = True
        self._closing = False

    async def run(self) -> None:
        """Deliver until cancelled. What a process before this one held is taken up first."""
        await self._rounds.run()

    async def close(self, grace: timedelta) -> None:
        """Let what is asked of Discord already end, and be written down, for at most `grace`; begin nothing new."""
        self._closing = True
        loop = asyncio.get_running_loop()
        until = loop.time() + grace.total_seconds()
        # Jobs end later than their time is up only to leave the answers that came for the database.
        await self._jobs.drain(grace * 0.8)
        await self._sending.ledger.close(timedelta(seconds=max(until - loop.time(), 0)))

    async def start_waiting(self) -> timedelta:
        """Start delivering what waits, as far as there is room; answers how long until the next is due."""
        posts, digests = self._store.posts, self._store.digests
        if self._first_round:
            await posts.release_leases()
            await digests.release_leases()
            self._first_round = False
        if (pause := self._sending.pause) > timedelta():
            return pause
        now = self._clock()
        await gather(self._store, now)
        if (wait := await self._next_due_in(now)) > timedelta():
            return wait  # at rest nothing is written
        for to_post in await digests.claim(now, self._jobs.free, LEASE, MOST_OF_A_GUILD):
            self._jobs.start(self.deliver_digest(to_post))
        if self._jobs.free > 0:
            for card in await posts.claim(now, self._jobs.free, LEASE, MOST_OF_A_GUILD):
                self._jobs.start(self.deliver(card))
        return await self._next_due_in(now)

    async def _next_due_in(self, now: datetime) -> timedelta:
        """How long until something may be claimed; where there is no room for it, a job's end wakes us."""
        if self._jobs.free <= 0:
            return LEASE
        posts, digests = self._store.posts, self._store.digests
        nexts = (
            await posts.next_due_at(now, MOST_OF_A_GUILD),
            await digests.next_due_at(now, MOST_OF_A_GUILD),
        )
        return min((at - now for at in nexts if at is not None), default=LEASE)

    async def deliver(self, card: CardToPost) -> None:
        """Carry one claimed post as far as it goes now."""
        post = card.post
        await self._guarded(
            f"Post {post.id}",
            self._posting.carry(card),
            lambda at, why: self._store.posts.postpone(post, at, why, False),
        )

    async def deliver_digest(self, to_post: DigestToPost) -> None:
        """Send one claimed digest, as far as it goes now."""
        message = DigestMessage(to_post, self._store, self._publisher, self._clock)
        await self._guarded(
            message.name,
            self._sending.send(message),
            lambda at, why: message.postpone(at, why, False),
        )

    async def _guarded(
        self, name: str, work: Awaitable[object], postpone: Callable[[datetime, str], Awaitable[object]]
    ) -> None:
        """Do the work. If it fails, what it was about waits a minute; it is looked for before it is sent again."""
        try:
            await work
            return
        except TakenOver as problem:
            log.warning("%s is left to another bot: %s", name, problem)
            return
        except DatabaseProblem as problem:
            log.warning("%s could not be carried on; it is tried again in a minute: %s", name, problem)
        except Exception:
            log.exception("%s could not be carried on; it is tried again in a minute", name)
        due_at, reason = self._clock() + LONGEST_RESEND, "Broadsheet failed; the operator's log says why."
        await self._sending.ledger.write(lambda: postpone(due_at, reason))
