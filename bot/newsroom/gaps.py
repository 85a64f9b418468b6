"""What has to be read again because events may be missing: no gap is forgotten before it was read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import timedelta

from bot.newsroom.ports import ChannelReader
from bot.newsroom.reconcile import Reconciler

log = logging.getLogger(__name__)

# After a reading that could not read everything the rest is tried again, and then ever more seldom.
FIRST_LOOK_AGAIN, LAST_LOOK_AGAIN = timedelta(seconds=5), timedelta(minutes=5)


class Gaps:
    """Has the mirror put right where events may be missing, in a task of its own; never two at once."""

    def __init__(
        self, reconciler: Reconciler, reader: ChannelReader, *, look_again: timedelta = FIRST_LOOK_AGAIN
    ) -> None:
        self._reconciler = reconciler
        self._reader = reader
        self._look_again = look_again
        self._guild_ids: set[int] = set()
        self._channel_ids: set[int] = set()
        self._new = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def unread(self) -> int:
        """How many channels wait to be tried again."""
        return len(self._channel_ids)

    def begin(self, guild_ids: Collection[int] = (), channel_ids: Collection[int] = ()) -> None:
        """Events of these guilds or channels may be missing: read what stands there, at once."""
        if self._closed or not (guild_ids or channel_ids):
            return
        self._guild_ids.update(guild_ids)
        self._channel_ids.update(channel_ids)
        self._new.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="reconciliation")

    async def close(self) -> None:
        """Read no more, whatever is missed from now on: the next start reads all."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        wait = self._look_again
        while self._guild_ids or self._channel_ids:
            guild_ids, self._guild_ids = self._guild_ids, set()
            channel_ids, self._channel_ids = self._channel_ids, set()
            self._new.clear()
            try:
                done = await self._reconciler.run(self._reader, guild_ids, channel_ids)
                self._channel_ids |= done.unreadable
            except Exception:
                log.exception("Nothing could be read again; it is tried once more")
                self._guild_ids |= guild_ids
                self._channel_ids |= channel_ids
            if not self._guild_ids and not self._channel_ids:
                return
            try:
                async with asyncio.timeout(wait.total_seconds()):
                    await self._new.wait()  # a new gap is read at once
                wait = self._look_again
            except TimeoutError:
                wait = min(wait * 2, LAST_LOOK_AGAIN)
