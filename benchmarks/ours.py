"""Broadsheet as the measurements run it: polling and storing, without Discord and without what it is compared to.

`python -m benchmarks.ours FOLDER ROUNDS` polls the addresses of its input, which an empty line ends, in a process that
has loaded nothing else; it says so when it is done, and stays until its input ends.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import parse_allow
from bot.feeds.model import Entry, Telling
from bot.feeds.workers import Workers
from bot.newsroom.harvest import OnStored
from bot.newsroom.memory import give_back
from bot.newsroom.polling import Poller
from bot.newsroom.ranking import RANKS
from bot.newsroom.reads import Polled, Read
from storage import Database, Store, SubscriptionToStore

# One guild whose channel wants every source, so that what is new is queued for it as well.
GUILD, CHANNEL = 1, 2


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


class Untold(Workers):
    """Workers that parse, and tell nothing: no sentences, no summary, nothing to compare articles by."""

    async def tell(self, entries: Sequence[Entry]) -> tuple[Telling, ...]:
        """Answer an empty telling for each."""
        return (Telling("", whole=False, language=None, words=0, short="", normal="", long=""),) * len(
            entries
        )


class Ours:
    """Broadsheet from the due row to the stored article, with the parsing worker.

    Where nothing is `told`, articles are parsed and stored alone, as feed readers do it.
    """

    def __init__(self, folder: Path, urls: list[str], *, told: bool = True) -> None:
        self._database = f"sqlite:///{folder / ('bench.db' if told else 'untold.db')}"
        self._told = told
        self._urls = urls
        self._woken = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Ours:
        database = await Database.open(self._database)
        self._stack.push_async_callback(database.close)
        self._store = Store(database, ranks=RANKS, nonce=partial(secrets.token_hex, 10))
        if not await database.is_prepared():
            await database.migrate()
            for url in self._urls:
                source = await self._store.sources.add(url, "", None, None)
                wish = SubscriptionToStore(GUILD, CHANNEL, source.id, thread=False, newest=0, created_by=None)
                await self._store.subscriptions.add(wish, now())
        fetcher = Fetcher(user_agent="Broadsheet bench", allow=parse_allow("localhost"))
        self._fetcher = await self._stack.enter_async_context(fetcher)
        self._workers = await self._stack.enter_async_context(Workers() if self._told else Untold())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def prepare(self) -> None:
        """Make all of them due."""
        await self._store.sources.poll_soon(None, now())
        self._woken.set()

    async def poll_all(self) -> None:
        """Poll and store until each was."""
        async with self.polled(rounds=1):
            pass

    @asynccontextmanager
    async def polled(self, rounds: int) -> AsyncIterator[None]:
        """Entered when each was polled and stored so many times, by one poller as in a running bot; it runs on."""
        left, done = set(self._urls), asyncio.Event()

        async def note(reads: Sequence[Read], _: Sequence[Polled]) -> None:
            left.difference_update(read.source.url for read in reads)
            if not left:
                done.set()

        async with self.polling(timedelta(hours=1), note):
            await done.wait()
            for _ in range(rounds - 1):
                left.update(self._urls)
                done.clear()
                await self.prepare()
                await done.wait()
            yield

    @asynccontextmanager
    async def polling(self, interval: timedelta, on_stored: OnStored) -> AsyncIterator[None]:
        """Poll each at this interval for as long as it is entered."""
        poller = Poller(
            self._store,
            self._fetcher,
            self._workers,
            clock=now,
            interval=interval,
            spread=lambda: 0.0,
            woken=self._woken,
            on_posts=lambda: None,
            on_stored=on_stored,
        )
        running = asyncio.create_task(poller.run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await poller.close(timedelta(seconds=5))


async def _poll_alone(folder: Path, rounds: int) -> None:
    urls = list(iter(lambda: sys.stdin.readline().strip(), ""))
    async with Ours(folder, urls) as ours, AsyncExitStack() as stack:
        if rounds:
            gc.freeze()  # as the app does at its start
            await stack.enter_async_context(ours.polled(rounds))
            # As after each hundred new articles: what the last few of them left free is not what is held.
            await asyncio.to_thread(give_back)
        print("done", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_poll_alone(Path(sys.argv[1]), int(sys.argv[2])))
