"""A slow sweep in the background: what no number of Discord's shows is read again, member by member.

A vote that went while another came, a comment that was edited while nobody listened, an event that Discord lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.newsroom.ports import ChannelReader
from bot.newsroom.reconcile import TRACKED_FOR, Reconciler
from bot.newsroom.rounds import Clock, Rounds
from storage import Store

log = logging.getLogger(__name__)

# One request each five seconds is 1% of the 50 a second that Discord allows a bot: nobody waits for it, and 17,000 a
# day are enough for some thousand posts.
PAUSE = timedelta(seconds=5)
# A post is read again once a day at most.
EVERY = timedelta(days=1)
BATCH = 20
# Discord is not there, or fails: the post is tried once more after this time, so that an outage lets few be left out.
TRY_AGAIN = timedelta(minutes=1)


@dataclass(slots=True)
class Pass:
    """What it took to read each of the tracked posts once; `mended` lists of votes were wrong."""

    began_at: datetime
    posts: int = 0
    requests: int = 0
    mended: int = 0
    deleted: int = 0


class Pace:
    """Asked before each of the sweep's requests: lets one go each PAUSE, and none while a gap is being read."""

    def __init__(
        self, reconciler: Reconciler, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._reconciler = reconciler
        self._sleep = sleep

    async def __call__(self) -> None:
        """Return when a request may be made."""
        await self._sleep(PAUSE.total_seconds())
        while self._reconciler.busy:
            await self._sleep(PAUSE.total_seconds())


class Sweeper:
    """Reads tracked posts again, those longest not read first; where it stopped it goes on after a start.

    `reader` keeps the pace.
    """

    def __init__(self, store: Store, reconciler: Reconciler, reader: ChannelReader, *, clock: Clock) -> None:
        self._store = store
        self._reconciler = reconciler
        self._reader = reader
        self._clock = clock
        self._pass: Pass | None = None
        self._failed: int | None = None
        self.last: Pass | None = None
        """The last pass that came to its end."""

    async def run(self) -> None:
        """Sweep until cancelled."""
        await Rounds("the sweep", self.round, woken=asyncio.Event(), longest=timedelta(minutes=10)).run()

    async def round(self) -> timedelta:
        """Read some posts; answers after which time there may be more to do."""
        now = self._clock()
        due = await self._store.posts.to_sweep(now - EVERY, now - TRACKED_FOR, BATCH)
        if not due:
            self._end_pass(now)
            return timedelta(minutes=10)
        if self._pass is None:
            self._pass = Pass(now)
        for post in due:
            done = await self._reconciler.read_by_member(self._reader, post)
            self._pass.requests += done.requests
            if done.passing and self._failed != post.id:
                self._failed = post.id
                return TRY_AGAIN
            # Also where it could not be read: the others have their turn, and it comes again.
            await self._store.posts.swept([post.id], self._clock())
            self._pass.posts += 1
            self._pass.mended += done.mended
            self._pass.deleted += done.deleted
        return timedelta(0)

    def _end_pass(self, now: datetime) -> None:
        if self._pass is None:
            return
        log.info(
            "Read %d posts again member by member with %d requests in %d min: %d lists of votes were wrong, %d "
            "messages were deleted",
            self._pass.posts,
            self._pass.requests,
            (now - self._pass.began_at).total_seconds() / 60,
            self._pass.mended,
            self._pass.deleted,
        )
        self.last, self._pass = self._pass, None
