"""Polls due sources and hands on what they say.

    claim due sources → fetch → parse (in the worker) → the harvest, which stores

A failure changes only the source's back-off; one source never sinks another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.feeds.fetch import Fetcher
from bot.feeds.hub import Named, named_by
from bot.feeds.links import are_one
from bot.feeds.model import Changed, Document, Failed, Gone, Unchanged, Unreadable, Validators
from bot.feeds.own_headers import read_headers
from bot.feeds.workers import Workers
from bot.newsroom.harvest import Harvest, OnStored
from bot.newsroom.host_line import HostLine, Rests
from bot.newsroom.reads import LONGEST_URL, Polled, Read
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.timing import Bounds, interval_of, next_poll, sighted
from storage import Source, Store

log = logging.getLogger(__name__)

Room = Callable[[], AbstractAsyncContextManager[None]]
"""What a document is read within."""

MOST_AT_ONCE = 64
# How many begin in one turn of the loop: a new connection to each of 64 hosts would hold it for 25 ms.
MOST_BEGUN = 16
# As the fetcher does it; who ends takes the next in line along, so that a host is not left waiting.
MOST_PER_HOST = 1
# How many are claimed in one transaction.
MOST_CLAIMED = 1_000
# How many claimed ones wait in memory for their host's turn; the second number is what one slow host may hold of
# them while others are due.
MOST_IN_LINE, MOST_IN_ONE_LINE = 2_000, 200
# What a server asks for one source (Retry-After) is granted to all of its host, up to this.
LONGEST_REST = timedelta(hours=1)
# The command line subscribes too, in a process of its own: how soon that is noticed here.
LOOK_EVERY = timedelta(seconds=5)
# What becomes due one by one is claimed together, up to this late.
TOGETHER = timedelta(seconds=1)
# A claimed source whose poll died with its process is due again after this.
CLAIM = timedelta(minutes=5)


class Poller:
    """Keeps every wanted source read, each when it is due.

    A source that is well is read every `interval`, or as seldom as it publishes up to `longest` where that is given.
    `spread` answers a number between 0 and 1, at random; `woken` is set by whoever made a source due; `on_posts` is
    called when posts wait to be delivered, `on_stored` with what polls came to.
    """

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        workers: Workers,
        *,
        clock: Clock,
        interval: timedelta,
        longest: timedelta | None = None,
        spread: Callable[[], float],
        woken: asyncio.Event,
        on_posts: Callable[[], None],
        on_stored: OnStored | None = None,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._workers = workers
        self._clock = clock
        self._bounds = Bounds(interval, max(longest or interval, interval))
        self._spread = spread
        self._harvest = Harvest(
            store, workers, clock=clock, plan=self._next, on_posts=on_posts, on_stored=on_stored
        )
        self._line: HostLine[Source] = HostLine(MOST_PER_HOST, MOST_IN_LINE, MOST_IN_ONE_LINE)
        self._rests = Rests(LONGEST_REST)
        self._closing = False
        self._rounds = Rounds("polling", self.start_due, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=self._start_waiting)

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._rounds.run())
            tasks.create_task(self._harvest.run())

    async def close(self, grace: timedelta) -> None:
        """Let polls under way end for at most `grace`, and store what they brought; none is started any more."""
        self._closing = True
        await self._jobs.drain(grace)
        await self._harvest.flush()

    async def start_due(self) -> timedelta:
        """Start a poll of every due source that there is room for; answers how long until the next is due."""
        now = self._clock()
        next_due = await self._store.sources.next_due_at()
        room = min(MOST_CLAIMED, self._line.room)
        if next_due is not None and next_due <= now and room > 0:
            # Only now is anything written: at rest the database is left alone.
            claimed = await self._store.sources.claim_due(now, room, CLAIM)
            self._line.add(source for source in claimed if not self._rests.end_for(source.url, now))
            if len(claimed) == MOST_CLAIMED:
                await self._start_all_waiting()
                return timedelta()
            next_due = await self._store.sources.next_due_at()
        await self._start_all_waiting()
        return CLAIM if next_due is None else max(next_due - now, TOGETHER)

    async def _start_all_waiting(self) -> None:
        """Start polls of claimed sources whose hosts have room, as many as may be under way."""
        for _ in range(MOST_AT_ONCE // MOST_BEGUN):
            if self._start_waiting() < MOST_BEGUN:
                break
            await asyncio.sleep(0)

    def _start_waiting(self) -> int:
        """Start as many of them as may begin at once; answers how many."""
        begun = 0
        while begun < MOST_BEGUN and self._jobs.free > 0 and (waiting := self._next_waiting()) is not None:
            self._jobs.start(self._take_turns(waiting))
            begun += 1
        return begun

    async def _take_turns(self, source: Source | None) -> None:
        """Poll a source, then whoever is next in line, until nobody may start: one task for many polls."""
        while source is not None:
            try:
                await self._harvest.put(await self._read(source, self._harvest.room))
            finally:
                self._line.end(source)
            source = self._next_waiting()

    def _next_waiting(self) -> Source | None:
        # What still waits is due again when its claim has ended.
        return None if self._closing else self._line.start()

    async def poll(self, source: Source) -> Polled:
        """Poll one source now, as a person asks for it, and store the result.

        A server that asked not to be asked before a certain time is left alone until then. A source that was failing
        and still does is polled next when it would have been: asking often must not put it off.
        Raises DatabaseProblem where the result can't be stored.
        """
        now = self._clock()
        until = max(self._rests.end_for(source.url, now) or now, source.not_before or now)
        if now < until:
            return Polled(source, problem=_left_alone(source, until))
        read = await self._read(source)
        if read.problem and source.failures and not read.gone and read.not_before is None:
            await self._store.sources.still_failing(source.id, read.problem, self._clock())
            return Polled(source, problem=read.problem)
        [polled] = await self._harvest.store([read])
        return polled

    async def _read(self, source: Source, room: Room = nullcontext) -> Read:
        """Fetch a source and read what it answers; a document within `room`, where the result is to wait."""
        try:
            outcome = await self._fetcher.fetch(
                source.url,
                Validators(source.etag, source.last_modified, source.digest),
                read_headers(source.headers) if source.headers else None,
            )
            if isinstance(outcome, Unchanged):  # as most polls end
                moved = _moved(source, outcome)
                return Read(source, outcome.validators, moved=moved, fresh=outcome.fresh_for)
            return await self._told(source, outcome, room)
        except Exception:
            log.exception("Reading source %d failed in a way that was not foreseen", source.id)
            return self._failed(source, "Broadsheet could not read this source; the operator's log says why.")

    async def _told(self, source: Source, outcome: Changed | Gone | Failed, room: Room) -> Read:
        match outcome:
            case Changed():
                async with room():
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
                return Read(
                    source,
                    outcome.validators,
                    document=read,
                    moved=_moved(source, outcome),
                    fresh=outcome.fresh_for,
                    named=_named(source, outcome, read),
                    redirected=not are_one(outcome.url, source.url),
                )
            case Gone(sentence=sentence):
                log.info("Source %d is gone for good and is not polled any more", source.id)
                return Read(source, problem=sentence, gone=True)
            case Failed(sentence=sentence, retry_after=pause, place=place):
                if pause and place:
                    now = self._clock()
                    self._rests.begin(place, now + pause, now)
                    self._line.drop(place)
                return self._failed(source, sentence, pause)

    def _failed(self, source: Source, sentence: str, pause: timedelta | None = None) -> Read:
        log.info("Source %d could not be read: %s", source.id, sentence)
        return Read(source, problem=sentence, not_before=self._clock() + pause if pause else None)

    def _next(self, read: Read, now: datetime) -> datetime:
        """When the source is polled next (see `Plan`)."""
        source, fresh = read.source, read.fresh
        failures = source.failures + 1 if read.problem else 0
        pushed = source.pushed_until is not None and source.pushed_until > now
        if source.ttl_s:
            fresh = max(fresh or timedelta(), timedelta(seconds=source.ttl_s))
        return next_poll(
            now,
            interval_of(source.rhythm, self._bounds, now, pushed=pushed and not failures),
            failures=failures,
            pause=read.not_before - now if read.not_before else None,
            fresh=fresh,
            due=source.next_poll_at if source.last_polled_at else None,
            spread=self._spread(),
        )


def _named(source: Source, outcome: Changed, document: Document) -> Named | None:
    """The hub that a feed names. No hub is told of a source that is the operator's own to read."""
    if source.kind != "feed" or source.headers:
        return None
    return named_by(outcome.links, document, source.url, outcome.url)


def _moved(source: Source, outcome: Changed | Unchanged) -> tuple[str | None, int]:
    """Where permanent redirects led, and how often in a row. A login is never taken along to another place."""
    led_to = outcome.moved_to
    if led_to is not None:
        before, after = urlsplit(source.url), urlsplit(led_to)
        elsewhere = (before.scheme, before.netloc) != (after.scheme, after.netloc)
        if before.fragment:  # goes along (RFC 9110 §10.2.2); it tells two readings of one page apart
            led_to = f"{led_to.partition('#')[0]}#{before.fragment}"
        if (elsewhere and (source.headers or "@" in before.netloc)) or len(led_to) > LONGEST_URL:
            led_to = None
    return sighted((source.moved_to, source.moved_seen), led_to if led_to != source.url else None)


def _left_alone(source: Source, until: datetime) -> str:
    host = urlsplit(source.url).hostname
    return f"{host} asked not to be asked again before {until:%Y-%m-%d %H:%M} UTC. Try again after that."
