"""Takes what polls read and stores it, many at a time: one transaction costs what a hundred polls may cost.

    results gather → known identities (one read) → identify → of what is new, known words (one read) → tell
        → one transaction → wake delivery

What brought something new is stored at once, or a moment after the transaction before, and takes along whatever
has gathered meanwhile; results that brought nothing wait up to a second for company. A result that is lost with
its process is read again, as its source is due again when its claim has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import TypeVar

from bot.feeds.identify import (
    Alike,
    Recognised,
    first_of_each,
    follow,
    identities_of,
    recognise,
    tell,
    words_of,
)
from bot.feeds.model import Document
from bot.feeds.workers import Workers
from bot.newsroom.memory import give_back
from bot.newsroom.reads import (
    Plan,
    Polled,
    Read,
    held_back,
    result_of,
    unchanged,
    update_of,
    write_article,
)
from bot.newsroom.rounds import Clock
from bot.newsroom.timing import SIGHTINGS
from storage import (
    ArticleToStore,
    Brought,
    DatabaseBusy,
    Ingested,
    SourceFailed,
    Store,
)

log = logging.getLogger(__name__)

Item = TypeVar("Item")

MOST_TOGETHER = 500
# Markup of more results than this is not kept in memory: fetching waits for the store.
MOST_WAITING = 500
# Nor are more entries than this, but for those of the last result: hundreds of sources that are read whole for the
# first time would hold a hundred megabytes.
MOST_ENTRIES = 500
# Storing so many takes a hundred times as long as giving back the memory that they took.
GIVEN_BACK_AFTER = 100
COMPANY = timedelta(seconds=1)
# While much is new, this much of it is gathered: a transaction for each would cost more than all else.
BREATH = timedelta(milliseconds=200)
# When a source is asked again whose result could not be stored, for a reason that was not foreseen.
AFTER_A_FAULT = timedelta(hours=1)
_NOTHING = Ingested(0, 0, 0)


Words = Mapping[tuple[int, str], str | None]
"""The words of new entries, by their source and identity."""
OnStored = Callable[[Sequence[Read], Sequence[Polled]], Awaitable[None]]


class Harvest:
    """Gathers results and stores them together.

    `plan` says when a source is polled next; `on_posts` is called when posts wait to be delivered, `on_stored` with
    results and what came of each.
    """

    def __init__(
        self,
        store: Store,
        workers: Workers,
        *,
        clock: Clock,
        plan: Plan,
        on_posts: Callable[[], None],
        on_stored: OnStored | None = None,
    ) -> None:
        self._store = store
        self._workers = workers
        self._clock = clock
        self._plan = plan
        self._on_posts = on_posts
        self._on_stored = on_stored
        self._waiting: list[Read] = []
        self._entries = 0
        # Entries that were stored since memory was given back.
        self._stored = 0
        self._hurry = asyncio.Event()
        self._came = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        # As much waits as one transaction takes: the opposite of room.
        self._full = asyncio.Event()
        self._reading = asyncio.Lock()

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Wait for room for another result, and be the only one to read a document for it meanwhile.

        Of many who were let in at once all but the first few would wait with what they read.
        """
        async with self._reading:
            await self._wait_for_room()
            yield

    async def _wait_for_room(self) -> None:
        while not self._room.is_set():
            await self._room.wait()

    async def put(self, read: Read) -> None:
        """Leave a result to be stored soon; waits while too many do."""
        await self._wait_for_room()
        self._waiting.append(read)
        self._came.set()
        entries = read.entries
        if entries or len(self._waiting) >= MOST_TOGETHER:
            self._hurry.set()
        self._entries += entries
        if len(self._waiting) >= MOST_WAITING or self._entries >= MOST_ENTRIES:
            self._room.clear()
            self._full.set()

    async def run(self) -> None:
        """Store what comes, until cancelled."""
        while True:
            await self._came.wait()
            await self._up_to(COMPANY, self._hurry)
            await self._store_some()
            if self._stored >= GIVEN_BACK_AFTER:
                self._stored = 0
                # In a thread: it would hold the loop for some milliseconds. Also where this is what polling ends with.
                await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, give_back))
            # What came meanwhile gathers company again, or each transaction would have less than the one before.
            await self._up_to(BREATH, self._full)

    async def _up_to(self, longest: timedelta, event: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest.total_seconds()):
                await event.wait()

    async def flush(self) -> None:
        """Store all that waits, as much at a time as one transaction takes."""
        while await self._store_some():
            pass

    async def _store_some(self) -> bool:
        """Store as much of what waits as one transaction takes; answers whether anything waited."""
        together = self._take()
        if not together:
            return False
        self._stored += sum(read.entries for read in together)
        try:
            await self.store(together)
        except asyncio.CancelledError:  # what brought news is not stored twice; a failure may count twice
            self._waiting[:0] = together
            raise
        except DatabaseBusy as busy:
            log.warning("Polls that could not be stored now and are repeated: %d. %s", len(together), busy)
        except Exception:
            log.exception("Polls that could not be stored and are repeated: %d", len(together))
        return True

    def _take(self) -> list[Read]:
        """What waits longest, of each source the first alone: what a second one brings depends on that."""
        together: dict[int, Read] = {}
        waiting: list[Read] = []
        entries = 0
        for read in self._waiting:
            room = len(together) < MOST_TOGETHER and entries < MOST_ENTRIES
            if room and read.source.id not in together:
                together[read.source.id] = read
                entries += read.entries
            else:
                waiting.append(read)
        self._waiting = waiting
        self._entries = sum(read.entries for read in waiting)
        if not self._waiting:
            self._came.clear()
            self._hurry.clear()
        if len(waiting) < MOST_WAITING and self._entries < MOST_ENTRIES:
            self._room.set()
            self._full.clear()
        return list(together.values())

    async def store(self, reads: Sequence[Read]) -> list[Polled]:
        """Store results now, and answer what came of each, in their order.

        One that fails in a way that was not foreseen does not sink the others. Raises DatabaseBusy where
        nothing could be stored.
        """
        try:
            return await self._store_together(reads)
        except DatabaseBusy:
            raise
        except Exception:
            if len(reads) == 1:
                return [await self._store_failure(reads[0])]
            half = len(reads) // 2
            return [*await self.store(reads[:half]), *await self.store(reads[half:])]

    async def _store_failure(self, read: Read) -> Polled:
        log.exception("Storing what source %d brought failed in a way that was not foreseen", read.source.id)
        sentence = "Broadsheet could not read this source; the operator's log says why."
        now = self._clock()
        # Whatever it was, planning by what is known of the source may be what fails.
        next_poll_at = None if read.gone else now + AFTER_A_FAULT
        failed = SourceFailed(read.source.id, sentence, next_poll_at, read.not_before)
        await self._store.harvest.store([], now, failed=[failed])
        return Polled(read.source, problem=sentence)

    async def _store_together(self, reads: Sequence[Read]) -> list[Polled]:
        now = self._clock()
        brought = await self._recognise([read for read in reads if read.document is not None], now)
        ingested = await self._store.harvest.store(
            list(brought.values()),
            now,
            # Here and not as each poll ends: one after the other they take less time, the code being at hand.
            unchanged=[
                unchanged(read, self._plan(read, now))
                for read in reads
                if read.document is None and not read.problem
            ],
            failed=[
                SourceFailed(
                    read.source.id,
                    read.problem,
                    None if read.gone else self._plan(read, now),
                    read.not_before,
                )
                for read in reads
                if read.problem
            ],
            moved={
                read.source.id: address
                for read in reads
                if (address := read.moved[0]) is not None and read.moved[1] >= SIGHTINGS
            },
        )
        results = dict(zip(brought, ingested, strict=True))
        if any(one.posts for one in ingested):
            self._on_posts()
        for source_id, one in results.items():
            if one.articles or one.revisions:
                log.info(
                    "Source %d was read. New articles: %d, revised: %d, posts that wait: %d",
                    source_id,
                    one.articles,
                    one.revisions,
                    one.posts,
                )
        polled = [
            result_of(read, brought.get(read.source.id), results.get(read.source.id, _NOTHING))
            for read in reads
        ]
        if self._on_stored is not None:
            await self._on_stored(reads, polled)
        return polled

    async def _recognise(self, reads: Sequence[Read], now: datetime) -> dict[int, Brought]:
        """What the documents bring, by source: read once from the store, told in one go."""
        documents = {read.source.id: (read, read.document) for read in reads if read.document is not None}
        wanted = {
            source_id: {
                identity async for entry in _in_turns(document.entries) for identity in identities_of(entry)
            }
            for source_id, (_, document) in documents.items()
            if document.entries
        }
        known = await self._store.harvest.known(wanted) if wanted else {}
        recognised = {
            source_id: recognise(
                [tell(entry, known.get(source_id, {})) async for entry in _in_turns(first_of_each(document))]
            )
            async for source_id, (_, document) in _in_turns(documents.items(), 1)
        }
        words = {
            (source_id, entry.identity): words_of(entry)
            for source_id, found in recognised.items()
            async for entry in _in_turns(found.new)
        }
        await self._follow(
            recognised, {source_id: document for source_id, (_, document) in documents.items()}, words
        )
        written = await self._write(recognised, words, now)
        return {
            source_id: Brought(
                update_of(read, document, recognised[source_id].new, now, self._plan(read, now)),
                [next(written) for _ in recognised[source_id].new],
                [next(written) for _ in recognised[source_id].revised],
                pushed=read.pushed,
                renamed=recognised[source_id].renamed,
                deleted=document.deleted,
                held_back=held_back(read, document, known.get(source_id, {}), recognised[source_id]),
            )
            for source_id, (read, document) in documents.items()
        }

    async def _follow(
        self, recognised: dict[int, Recognised], documents: Mapping[int, Document], words: Words
    ) -> None:
        """Find again what is new only because its source has changed its guids."""
        wanted: defaultdict[int, set[str]] = defaultdict(set)
        for (source_id, _), its in words.items():
            if its is not None:
                wanted[source_id].add(its)
        stored = await self._store.harvest.alike(wanted) if wanted else {}
        for source_id, by_words in stored.items():
            if not by_words:  # as nearly always
                continue
            alike = {
                its: Alike(one.identity, one.revision, one.url, one.published_at)
                for its, one in by_words.items()
            }
            recognised[source_id] = follow(documents[source_id], recognised[source_id], alike)

    async def _write(
        self, recognised: Mapping[int, Recognised], words: Words, now: datetime
    ) -> Iterator[ArticleToStore]:
        """The articles of all, in their order, new ones before revised ones."""
        entries = [
            (source_id, entry) for source_id, one in recognised.items() for entry in (*one.new, *one.revised)
        ]
        tellings = await self._workers.tell([entry for _, entry in entries])
        written = zip(entries, tellings, strict=True)
        return iter(
            [
                write_article(entry, telling, now, words=words.get((source_id, entry.identity)))
                async for (source_id, entry), telling in _in_turns(written)
            ]
        )


async def _in_turns(items: Iterable[Item], together: int = 50) -> AsyncIterator[Item]:
    """The items; after every so many the loop may do other things, which hundreds of entries would hold up."""
    for number, item in enumerate(items, 1):
        yield item
        if number % together == 0:
            await asyncio.sleep(0)
