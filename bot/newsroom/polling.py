"""Polls due sources and hands on what they say.

    claim due sources → fetch → parse (in the worker) → the harvest, which stores

A failure changes only the source's back-off; one source never sinks another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.feeds.fetch import Fetcher
from bot.feeds.model import Changed, Failed, Gone, Unchanged, Unreadable, Validators
from bot.feeds.workers import Workers
from bot.newsroom.harvest import Harvest, Polled, Read
from bot.newsroom.host_line import HostLine
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.timing import next_poll
from storage import Source, Store

log = logging.getLogger(__name__)

MOST_AT_ONCE = 64
# The fetcher sends a host one request at a time; a second poll is there to follow at once.
MOST_PER_HOST = 2
# How many are claimed in one transaction, and how many claimed ones wait in memory for their host's turn.
MOST_CLAIMED = 500
MOST_IN_LINE = 2_000
# A publisher who says that a feed stays fresh is believed, up to this.
LONGEST_FRESH = timedelta(hours=1)
# The command line subscribes too, in a process of its own: how soon that is noticed here.
LOOK_EVERY = timedelta(seconds=5)
# What becomes due one by one is claimed together, up to this late.
TOGETHER = timedelta(seconds=1)
# A claimed source whose poll died with its process is due again after this.
CLAIM = timedelta(minutes=5)


class Poller:
    """Keeps every wanted source read, each when it is due.

    `spread` answers a number between 0 and 1, at random; `woken` is set by whoever made a source due;
    `on_posts` is called when posts wait to be delivered.
    """

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        workers: Workers,
        *,
        clock: Clock,
        interval: timedelta,
        spread: Callable[[], float],
        woken: asyncio.Event,
        on_posts: Callable[[], None],
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._workers = workers
        self._clock = clock
        self._interval = interval
        self._spread = spread
        self._harvest = Harvest(store, workers, clock=clock, on_posts=on_posts)
        self._line = HostLine(MOST_PER_HOST)
        self._rounds = Rounds("polling", self.start_due, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=self._start_waiting)

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._rounds.run())
            tasks.create_task(self._harvest.run())

    async def close(self, grace: timedelta) -> None:
        """Let polls under way end for at most `grace`, and store what they brought."""
        await self._jobs.drain(grace)
        await self._harvest.flush()

    async def start_due(self) -> timedelta:
        """Start a poll of every due source that there is room for; answers how long until the next is due."""
        now = self._clock()
        next_due = await self._store.sources.next_due_at()
        room = min(MOST_CLAIMED, MOST_IN_LINE - len(self._line))
        if next_due is not None and next_due <= now and room > 0:
            # Only now is anything written: at rest the database is left alone.
            claimed = await self._store.sources.claim_due(now, room, CLAIM)
            for source in claimed:
                self._line.add(source)
            if len(claimed) == MOST_CLAIMED:
                next_due = now
            else:
                next_due = await self._store.sources.next_due_at()
        self._start_waiting()
        return CLAIM if next_due is None else max(next_due - now, TOGETHER)

    def _start_waiting(self) -> None:
        """Start polls of claimed sources whose hosts have room, as many as may be under way."""
        while self._jobs.free > 0 and (waiting := self._line.start()) is not None:
            self._jobs.start(self._take_turn(waiting))

    async def _take_turn(self, source: Source) -> None:
        try:
            await self._harvest.put(await self._read(source))
        finally:
            self._line.end(source)

    async def poll(self, source: Source) -> Polled:
        """Poll one source now and store the result. Raises DatabaseProblem where it can't be stored."""
        [polled] = await self._harvest.store([await self._read(source)])
        return polled

    async def _read(self, source: Source) -> Read:
        try:
            return await self._fetch(source)
        except Exception:
            log.exception("Reading source %d failed in a way that was not foreseen", source.id)
            return self._failed(source, "Broadsheet could not read this source; the operator's log says why.")

    async def _fetch(self, source: Source) -> Read:
        outcome = await self._fetcher.fetch(
            source.url, Validators(source.etag, source.last_modified, source.digest)
        )
        match outcome:
            case Unchanged(validators=kept, fresh_for=fresh_for):
                return Read(source, self._next(asked=_believed(fresh_for)), kept)
            case Changed():
                read = await self._workers.parse(
                    outcome.body,
                    outcome.content_type,
                    outcome.charset,
                    outcome.url,
                    source.marks or b"",
                    kind=source.kind,
                    selector=source.selector,
                )
                if isinstance(read, Unreadable):
                    return self._failed(source, read.sentence)
                again = self._next(asked=_believed(outcome.fresh_for))
                return Read(source, again, outcome.validators, document=read)
            case Gone(sentence=sentence):
                log.info("Source %d is gone for good and is not polled any more", source.id)
                return Read(source, None, problem=sentence)
            case Failed(sentence=sentence, retry_after=asked):
                return self._failed(source, sentence, asked)

    def _failed(self, source: Source, sentence: str, asked: timedelta | None = None) -> Read:
        log.info("Source %d could not be read: %s", source.id, sentence)
        return Read(source, self._next(failures=source.failures + 1, asked=asked), problem=sentence)

    def _next(self, *, failures: int = 0, asked: timedelta | None = None) -> datetime:
        return next_poll(self._clock(), self._interval, failures=failures, asked=asked, spread=self._spread())


def _believed(fresh_for: timedelta | None) -> timedelta | None:
    return None if fresh_for is None else min(fresh_for, LONGEST_FRESH)
