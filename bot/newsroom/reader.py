"""Reads the pages and looks at the images of articles that are posted, and keeps what cards show of them.

    claim due articles → fetch page and image (hosts side by side) → read them in a worker → store → posts go

Posts wait for it no longer than storage's HOLD; what comes later has their cards drawn again. What fails is tried
again a few times and then done without.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.feeds.articles import NotRead, read_page
from bot.feeds.fetch import Fetcher
from bot.feeds.model import ArticlePage
from bot.feeds.pictures import Shown, look_at
from bot.feeds.workers import Workers
from bot.newsroom.corrections import correction_on_page
from bot.newsroom.host_line import HostLine, host_of
from bot.newsroom.reading import MOST_CLAIMS, again_at, doubted, login_for, take, takes_back, what_to_read
from bot.newsroom.rounds import Clock, Jobs, Rounds
from bot.newsroom.writing import Writing
from storage import Store
from storage.records import ArticleRead, ArticleToRead, ImageSeen, Origin

log = logging.getLogger(__name__)

Found = TypeVar("Found")

# Bodies of so many pages and images are in memory at once.
MOST_AT_ONCE = 8
MOST_PER_HOST = 1
# As many questions the model is asked at once, and one more that is ready. A slow model must not hold up pages.
MOST_WRITTEN_AT_ONCE = 3
# So many articles wait for the model in memory; more are posted without it.
MOST_TO_WRITE = 100
MOST_CLAIMED = 50
MOST_IN_LINE, MOST_IN_ONE_LINE = 200, 50
# The command line polls too, in a process of its own: how soon its articles are noticed here.
LOOK_EVERY = timedelta(seconds=3)
# Waiting for a turn at the host and in the worker counts too.
LONGEST_FETCH = timedelta(seconds=45)
# An article whose reading failed in a way that was not foreseen is due again after this: it begins with two fetches
# side by side, and may need a third.
CLAIM = 4 * LONGEST_FETCH
# Cards that old are hardly drawn again, and Discord keeps what is attached to them.
PICTURES_KEPT = timedelta(days=30)
CLEAN_EVERY, CLEANED_AT_ONCE = timedelta(hours=1), 100
# So many hosts' wishes to be left alone are remembered.
MOST_PAUSES = 1_000


@dataclass(frozen=True, slots=True)
class Missing:
    """What of an article did not come: its page, its image."""

    page: NotRead | None = None
    image: NotRead | None = None

    @property
    def all(self) -> list[NotRead]:
        """Both, if both are."""
        return [one for one in (self.page, self.image) if one is not None]


class Reader:
    """Keeps reading what is due, hosts side by side.

    `workers` read pages and look at images. `woken` is set by whoever queued posts in this process; `may_send` says
    whether this process still is the one bot on its database; `on_posts` is called when posts wait no longer; `writing`
    has summaries written by a language model, where there is one.
    """

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        workers: Workers,
        *,
        clock: Clock,
        woken: asyncio.Event,
        may_send: Callable[[], bool],
        on_posts: Callable[[], None],
        writing: Writing | None = None,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._workers = workers
        self._clock = clock
        self._may_send = may_send
        self._on_posts = on_posts
        self._writing = writing
        self._line: HostLine[ArticleToRead] = HostLine(MOST_PER_HOST, MOST_IN_LINE, MOST_IN_ONE_LINE)
        self._paused: dict[str, datetime] = {}
        self._clean_at: datetime | None = None
        self._closing = False
        self._first_round = True
        self._rounds = Rounds("reading articles", self.start_due, woken=woken, longest=LOOK_EVERY)
        self._jobs = Jobs(MOST_AT_ONCE, on_end=self._start_waiting)
        self._to_write: deque[tuple[ArticleToRead, ArticleRead]] = deque()
        # Of articles that wait for the model or are with it: whether reading them goes on later all the same.
        self._in_writing: dict[int, bool] = {}
        self._writers = Jobs(MOST_WRITTEN_AT_ONCE, on_end=self._start_writing)

    async def run(self) -> None:
        """Read until cancelled."""
        await self._rounds.run()

    async def close(self, grace: timedelta) -> None:
        """Let what is under way end for at most `grace`; nothing is started any more."""
        self._closing = True
        await asyncio.gather(self._jobs.drain(grace), self._writers.drain(grace))

    async def start_due(self) -> timedelta:
        """Start reading what is due, as far as there is room; answers how long until the next is due."""
        if not self._may_send():
            return LOOK_EVERY
        now = self._clock()
        if self._first_round:
            await self._store.readings.resume(now, CLAIM)
            self._first_round = False
        await self._clean(now)
        next_due = await self._store.readings.next_due_at()
        room = min(MOST_CLAIMED, self._line.room)
        if next_due is not None and next_due <= now and room > 0:  # at rest nothing is written
            self._line.add(await self._store.readings.claim(now, room, CLAIM))
            next_due = await self._store.readings.next_due_at()
        self._start_waiting()
        return LOOK_EVERY if next_due is None else next_due - now

    def _start_waiting(self) -> None:
        while self._jobs.free > 0 and (waiting := self._next_waiting()) is not None:
            self._jobs.start(self._take_turns(waiting))

    async def _take_turns(self, todo: ArticleToRead | None) -> None:
        """Read an article, then whichever is next in line, until none may start."""
        while todo is not None:
            try:
                await self.read(todo)
            finally:
                self._line.end(todo)
            todo = self._next_waiting()

    def _next_waiting(self) -> ArticleToRead | None:
        # What still waits is due again when its claim has ended.
        return None if self._closing else self._line.start()

    async def read(self, todo: ArticleToRead) -> None:
        """Read one claimed article now and store what it brings. Raises DatabaseProblem where it can't be stored."""
        brought, missing = ArticleRead(todo.id), Missing()
        try:
            if todo.attempts <= MOST_CLAIMS:
                brought, missing = await self._fetch(todo)
            else:
                log.warning("Article %d is not read any more: what it brings could never be kept", todo.id)
        except Exception:
            log.exception("Reading article %d failed in a way that was not foreseen", todo.id)
            brought, missing = ArticleRead(todo.id), Missing(NotRead("Broadsheet failed.", passing=True))
        for one in missing.all:
            log.info("Article %d was not read in full: %s", todo.id, one.sentence)
        now = self._clock()
        again = min(filter(None, (_again(now, todo, one) for one in missing.all)), default=None)
        if _again(now, todo, missing.page) is None and self._is_to_be_written(todo):
            self._in_writing[todo.id] = again is not None
            self._to_write.append((todo, brought))
        if todo.id in self._in_writing:
            self._in_writing[todo.id] = again is not None
            # Posts that can't wait for the model have at least the page.
            await self._store.readings.keep(brought, now, again, posts_wait=again is None)
            self._start_writing()
        else:
            await self._store.readings.keep(brought, now, again, revisions=todo.article.revisions)
        self._on_posts()

    def _is_to_be_written(self, todo: ArticleToRead) -> bool:
        if self._writing is None or self._closing or todo.id in self._in_writing:
            return False
        if len(self._to_write) >= MOST_TO_WRITE:
            log.warning("Article %d is told without the language model: too many wait for it", todo.id)
            return False
        return True

    def _start_writing(self) -> None:
        while self._writing is not None and self._to_write and self._writers.free > 0 and not self._closing:
            self._writers.start(self._write_and_let_go(self._writing, *self._to_write.popleft()))

    async def _write_and_let_go(self, writing: Writing, todo: ArticleToRead, brought: ArticleRead) -> None:
        """Have an article's summaries written; then its posts wait no longer, unless for something else."""
        try:
            await self._write(writing, todo, brought)
        finally:
            goes_on = self._in_writing.pop(todo.id, False)
        if not goes_on:
            revisions = todo.article.revisions
            await self._store.readings.keep(ArticleRead(todo.id), self._clock(), revisions=revisions)
            self._on_posts()

    async def _write(self, writing: Writing, todo: ArticleToRead, brought: ArticleRead) -> None:
        text = brought.text
        if text is None and todo.has_page:
            text = await self._store.texts.get(todo.id, Origin.PAGE)
        text = text or todo.feed
        if text is not None:
            article = replace(
                todo.article,
                word_count=brought.word_count or todo.article.word_count,
                language=todo.article.language or brought.language,
            )
            await writing.write(article, text)

    async def _fetch(self, todo: ArticleToRead) -> tuple[ArticleRead, Missing]:
        """What the article's page and image bring, fetched side by side, and what was missing for now or for good."""
        wanted, article = what_to_read(todo), todo.article
        found, seen = await asyncio.gather(
            self._read_page(todo, article.url) if wanted.page and article.url else _nothing(),
            self._look_at(todo, article.image_url) if wanted.image and article.image_url else _nothing(),
        )
        page, image = found if isinstance(found, ArticlePage) else None, None
        missing = Missing(
            doubted(todo, found) if isinstance(found, NotRead) else None,
            seen if isinstance(seen, NotRead) else None,
        )
        if isinstance(seen, Shown):
            image = ImageSeen(article.image_url, article.image_url, seen.picture)
        elif seen is not None and _again(self._clock(), todo, seen) is None:
            image = ImageSeen(article.image_url, None)
        if page is not None and page.image_url and (image.url is None if image else not article.image_url):
            image = await self._other_image(todo, page.image_url) or image
        brought = take(todo, page, image, self._clock())
        if todo.anew and brought.text is not None:
            before = await self._store.texts.get(todo.id, Origin.PAGE)
            brought = replace(brought, correction=correction_on_page(article, before, brought.text))
        if takes_back(todo, missing.page, _again(self._clock(), todo, missing.page)):
            brought = replace(brought, retracted=True)
        return brought, missing

    async def _other_image(self, todo: ArticleToRead, url: str) -> ImageSeen | None:
        """The page's image, for an article whose feed has none that can be shown."""
        if url == todo.article.image_url:
            return None
        seen = await self._look_at(todo, url)
        return ImageSeen(todo.article.image_url, url, seen.picture) if isinstance(seen, Shown) else None

    async def _read_page(self, todo: ArticleToRead, url: str) -> ArticlePage | NotRead:
        own, headline = login_for(url, todo.source), todo.article.title
        return await self._in_time(url, lambda: read_page(self._fetcher, self._workers, url, headline, own))

    async def _look_at(self, todo: ArticleToRead, url: str) -> Shown | NotRead:
        own, page_url = login_for(url, todo.source), todo.article.url
        return await self._in_time(url, lambda: look_at(self._fetcher, self._workers, url, page_url, own))

    async def _in_time(self, url: str, fetch: Callable[[], Awaitable[Found | NotRead]]) -> Found | NotRead:
        """What comes of a fetch, if it comes in time. A host that asks for a pause gets it."""
        now, host = self._clock(), host_of(url)
        if (until := self._paused.get(host)) is not None and now < until:
            return NotRead("Its server asked to be left alone for a while.", passing=True, after=until - now)
        try:
            async with asyncio.timeout(LONGEST_FETCH.total_seconds()):
                found = await fetch()
        except TimeoutError:
            return NotRead("It took too long.", passing=True)
        if isinstance(found, NotRead) and found.after:
            self._pause(host, self._clock() + found.after)
        return found

    def _pause(self, host: str, until: datetime) -> None:
        if len(self._paused) >= MOST_PAUSES:
            now = self._clock()
            self._paused = {one: end for one, end in self._paused.items() if end > now}
        if len(self._paused) < MOST_PAUSES:
            self._paused[host] = until

    async def _clean(self, now: datetime) -> None:
        """Remove old pictures, a few at a time."""
        if self._clean_at is None or now >= self._clean_at:
            gone = await self._store.readings.forget_pictures(now - PICTURES_KEPT, CLEANED_AT_ONCE)
            if self._writing is not None:
                await self._writing.forget()
            self._clean_at = now if gone == CLEANED_AT_ONCE else now + CLEAN_EVERY


def _again(now: datetime, todo: ArticleToRead, missing: NotRead | None) -> datetime | None:
    """When what was missing is tried again; None where it is not."""
    return again_at(now, todo.attempts, missing.after) if missing is not None and missing.passing else None


async def _nothing() -> None:
    """For what is not wanted."""
