"""Polls due sources and stores what is new.

    claim due sources → fetch → parse (in the worker) → identify → summarise → one transaction → wake delivery

A failure changes only the source's back-off; one source never sinks another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.feeds.fetch import Fetcher
from bot.feeds.identify import identify, possible_identities, revision_of
from bot.feeds.model import Changed, Document, Entry, Failed, Gone, Unchanged, Unreadable, Validators
from bot.feeds.workers import Workers
from bot.newsroom.host_line import HostLine
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.timing import next_poll
from storage import DatabaseBusy, Store
from storage.records import ArticleToStore, Source, SourceUpdate

log = logging.getLogger(__name__)

MOST_AT_ONCE = 64
# The fetcher sends a host one request at a time; a second poll is there to follow at once.
MOST_PER_HOST = 2
# Claimed sources that wait for their host's turn are kept in memory.
MOST_IN_LINE = 10_000
# A publisher who says that a feed stays fresh is believed, up to this.
LONGEST_FRESH = timedelta(hours=1)
# The command line subscribes too, in a process of its own: how soon that is noticed here.
LOOK_EVERY = timedelta(seconds=5)
# A claimed source whose poll died with its process is due again after this.
CLAIM = timedelta(minutes=5)
LONGEST_TITLE = 500
LONGEST_URL = 2048


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of a source came to: rows stored, or the sentence about what went wrong."""

    source: Source
    articles: int = 0
    revisions: int = 0
    posts: int = 0
    problem: str | None = None


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
        self._on_posts = on_posts
        self._line = HostLine(MOST_PER_HOST)
        self._rounds = Rounds("polling", self.start_due, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=woken.set)

    async def run(self) -> None:
        """Poll until cancelled."""
        await self._rounds.run()

    async def close(self, grace: timedelta) -> None:
        """Let polls under way end for at most `grace`."""
        await self._jobs.drain(grace)

    async def start_due(self) -> timedelta:
        """Start a poll of every due source that there is room for; answers how long until the next is due."""
        now = self._clock()
        next_due = await self._store.sources.next_due_at()
        if next_due is not None and next_due <= now and len(self._line) < MOST_IN_LINE:
            # Only now is anything written: at rest the database is left alone.
            for source in await self._store.sources.claim_due(now, MOST_AT_ONCE, CLAIM):
                self._line.add(source)
            next_due = await self._store.sources.next_due_at()
        while self._jobs.free > 0 and (waiting := self._line.start()) is not None:
            self._jobs.start(self._take_turn(waiting))
        return CLAIM if next_due is None else next_due - now

    async def _take_turn(self, source: Source) -> None:
        try:
            await self.poll(source)
        finally:
            self._line.end(source)

    async def poll(self, source: Source) -> Polled:
        """Poll one source now and store the result. Raises DatabaseProblem where it can't be stored."""
        try:
            return await self._poll(source)
        except DatabaseBusy:
            raise  # nothing is stored: the source is due again when its claim has ended
        except Exception:
            log.exception("Reading source %d failed in a way that was not foreseen", source.id)
            return await self._failed(
                source, "Broadsheet could not read this source; the operator's log says why."
            )

    async def _poll(self, source: Source) -> Polled:
        validators = Validators(source.etag, source.last_modified, source.digest)
        outcome = await self._fetcher.fetch(source.url, validators)
        match outcome:
            case Unchanged(validators=kept, fresh_for=fresh_for):
                again = self._next(asked=_believed(fresh_for))
                await self._store.sources.unchanged(
                    source.id, kept.etag, kept.last_modified, kept.digest, again, self._clock()
                )
                return Polled(source)
            case Changed():
                read = await self._workers.parse(
                    outcome.body, outcome.content_type, outcome.charset, outcome.url
                )
                if isinstance(read, Unreadable):
                    return await self._failed(source, read.sentence)
                return await self._ingest(source, outcome, read)
            case Gone(sentence=sentence):
                await self._store.sources.failed(source.id, sentence, None, self._clock())
                log.info("Source %d is gone for good and is not polled any more", source.id)
                return Polled(source, problem=sentence)
            case Failed(sentence=sentence, retry_after=asked):
                return await self._failed(source, sentence, asked)

    async def _failed(self, source: Source, sentence: str, asked: timedelta | None = None) -> Polled:
        again = self._next(failures=source.failures + 1, asked=asked)
        await self._store.sources.failed(source.id, sentence, again, self._clock())
        log.info("Source %d could not be read: %s", source.id, sentence)
        return Polled(source, problem=sentence)

    async def _ingest(self, source: Source, fetched: Changed, document: Document) -> Polled:
        known = await self._store.articles.known(source.id, possible_identities(document))
        recognised = identify(document, known)
        now = self._clock()
        update = SourceUpdate(
            source_id=source.id,
            url=source.url,
            title=document.title or source.title,
            link=document.link or source.link,
            icon_url=document.icon_url or source.icon_url,
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
            digest=fetched.validators.digest,
            next_poll_at=self._next(asked=_believed(fetched.fresh_for)),
        )
        ingested = await self._store.articles.ingest(
            update, await self._write(recognised.new, now), await self._write(recognised.revised, now), now
        )
        if ingested.posts:
            self._on_posts()
        if ingested.articles or ingested.revisions:
            log.info(
                "Source %d brought %d new and %d revised articles, %d posts wait",
                source.id,
                ingested.articles,
                ingested.revisions,
                ingested.posts,
            )
        return Polled(source, ingested.articles, ingested.revisions, ingested.posts)

    async def _write(self, entries: Sequence[Entry], now: datetime) -> list[ArticleToStore]:
        summaries = await self._workers.summarise(entries)
        return [write_article(entry, summary, now) for entry, summary in zip(entries, summaries, strict=True)]

    def _next(self, *, failures: int = 0, asked: timedelta | None = None) -> datetime:
        return next_poll(self._clock(), self._interval, failures=failures, asked=asked, spread=self._spread())


def _believed(fresh_for: timedelta | None) -> timedelta | None:
    return None if fresh_for is None else min(fresh_for, LONGEST_FRESH)


def write_article(entry: Entry, summary: str, now: datetime) -> ArticleToStore:
    """An entry as the article that is stored: with its summary, a title in any case, and no date in the future."""
    title = entry.title or " ".join(summary.split()[:12]) or entry.url or "Untitled"
    url = entry.url if entry.url and len(entry.url) <= LONGEST_URL else None
    image_url = entry.image_url if entry.image_url and len(entry.image_url) <= LONGEST_URL else None
    published_at = entry.published_at
    if published_at is not None and published_at > now + timedelta(days=1):
        published_at = None
    return ArticleToStore(
        identity=entry.identity,
        revision=revision_of(entry),
        url=url,
        title=title[:LONGEST_TITLE],
        author=entry.author,
        summary=summary,
        image_url=image_url,
        published_at=published_at,
    )
