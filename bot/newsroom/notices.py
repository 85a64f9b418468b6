"""Tells a channel, once, that a source of it can't be read any more.

    failing for three days, or gone → mark as told → tell → unmark where it surely was not told

Marked first: a notice whose end is unclear, or that died with its process, is not told again. A second message would
annoy everybody; a missing one is made up for by `/subscriptions` and `/source status`, which say the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

from bot.newsroom.ports import Away, Done, Later, Missing, Notifier, Refused, Unclear
from bot.newsroom.rounds import Clock, Rounds
from storage import Store
from storage.records import NoticeToTell

log = logging.getLogger(__name__)

# What fails for less usually mends itself, and nobody need be told.
PATIENCE = timedelta(days=3)
LOOK_EVERY = timedelta(minutes=10)
PAGE = 50


class Notices:
    """Looks every ten minutes who is to be told. `may_send`: this process still is the one bot on its database."""

    def __init__(
        self, store: Store, notifier: Notifier, *, clock: Clock, may_send: Callable[[], bool]
    ) -> None:
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._may_send = may_send
        self._rounds = Rounds("notices", self.tell_due, woken=asyncio.Event(), longest=LOOK_EVERY)

    async def run(self) -> None:
        """Tell until cancelled."""
        await self._rounds.run()

    async def tell_due(self) -> timedelta:
        """Tell every channel that is to be told now; answers how long until the next look.

        A channel where nothing can be written is looked at again the next time and holds up no other.
        """
        last_id = 0
        while page := await self._store.notices.due(self._clock() - PATIENCE, last_id, PAGE):
            for notice in page:
                if not self._may_send() or not await self._tell(notice):
                    return LOOK_EVERY
            last_id = page[-1].subscription_id
        return LOOK_EVERY

    async def _tell(self, notice: NoticeToTell) -> bool:
        """Tell one channel; False where Discord is to be left alone for now."""
        marked_at = self._clock()
        if not await self._store.notices.mark(notice, marked_at):
            return True
        outcome = await self._notifier.tell(notice)
        match outcome:
            case Done():
                log.info("Channel %d was told that source %d fails", notice.channel_id, notice.source.id)
            case Refused() | Unclear() | Missing():
                log.warning(
                    "Channel %d may not know that source %d fails", notice.channel_id, notice.source.id
                )
            case Away(gone=gone):
                if not gone:
                    await self._store.notices.unmark(notice, marked_at)
            case Later():
                await self._store.notices.unmark(notice, marked_at)
                return False
            case _:
                assert_never(outcome)
        return True
