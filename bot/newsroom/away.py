"""Channels that can't be used for now: their posts are kept, their admins are told once, and they go on at once.

    a call says Away → noted, with its sentence → tried again every five minutes → a call succeeds → forgotten
                                                → after a day: mark as told → tell in another channel, or directly

Marked first: a notice whose end is unclear, or that died with its process, is not told again (see `notices`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import assert_never

from bot.newsroom.ports import Away, Done, Later, Missing, Notifier, Outcome, Refused, Unclear
from bot.newsroom.rounds import Clock, Rounds
from storage import Store
from storage.records import AwayToTell

log = logging.getLogger(__name__)

# What an admin is at work on is usually usable again the same day.
PATIENCE = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=10)
PAGE = 50


class AwayChannels:
    """Which channels can't be used for now. `on_back` is called when one may be again: its posts are due.

    What is sent into a channel, or found there, ends its absence (see `storage.away.come_back`).
    """

    def __init__(self, store: Store, *, clock: Clock, on_back: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_back = on_back

    async def note(self, channel_id: int, guild_id: int, sentence: str) -> None:
        """The channel can't be used, and `sentence` says why: for the first time or still."""
        await self._store.away.note(channel_id, guild_id, self._clock(), sentence)

    async def known(self, guild_id: int) -> Collection[int]:
        """Which of a guild's channels are away, by id."""
        return await self._store.away.of_guild(guild_id)

    async def channel_back(self, channel_id: int) -> None:
        """The channel may be usable again: what waits for it is tried at once. Harmless for one that was not away."""
        if await self._store.away.back(channel_id, self._clock()):
            self._on_back()


class AwayNotices:
    """Tells the admins of channels that are away for a day. `may_send`: this process still is the one bot.

    It is told in a channel of the guild that works, so that all who look after it may read it, else in direct messages
    to who subscribed, else to the guild's owner; to the first of them that takes it.
    """

    def __init__(
        self, store: Store, notifier: Notifier, *, clock: Clock, may_send: Callable[[], bool]
    ) -> None:
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._may_send = may_send
        self._rounds = Rounds("away notices", self.tell_due, woken=asyncio.Event(), longest=LOOK_EVERY)

    async def run(self) -> None:
        """Tell until cancelled."""
        await self._rounds.run()

    async def tell_due(self) -> timedelta:
        """Tell of every channel that is to be told of now; answers how long until the next look."""
        while page := await self._store.away.due(self._clock() - PATIENCE, PAGE):
            for notice in page:
                if not self._may_send() or not await self._tell(notice):
                    return LOOK_EVERY
        return LOOK_EVERY

    async def _tell(self, notice: AwayToTell) -> bool:
        """Tell of one channel; False where Discord is to be left alone for now."""
        marked_at = self._clock()
        if not await self._store.away.mark(notice, marked_at):
            return True
        # What takes one channel away often takes several: who looks after them reads of all at once.
        notice = replace(notice, also_away=await self._store.away.mark_others(notice, marked_at))
        for tell in self._ways(notice):
            match outcome := await tell():
                case Done():
                    log.info(
                        "It was told that channel %d can't be used: %s", notice.channel_id, notice.sentence
                    )
                    return True
                case Unclear():
                    log.warning("It may be unknown that channel %d can't be used", notice.channel_id)
                    return True
                case Later():
                    await self._store.away.unmark(notice, marked_at)
                    return False
                case Away() | Refused() | Missing():
                    pass  # somebody else, then
                case _:
                    assert_never(outcome)
        log.warning(
            "Nobody could be told that channel %d can't be used: %s", notice.channel_id, notice.sentence
        )
        return True

    def _ways(self, notice: AwayToTell) -> list[Callable[[], Awaitable[Outcome]]]:
        system = self._notifier.system_channel_id(notice.guild_id)
        owner = self._notifier.owner_id(notice.guild_id)
        # Its subscribed channels first: there the bot is known to be allowed to write.
        channels = dict.fromkeys((*notice.other_channels, system))
        members = dict.fromkeys((*notice.created_by, owner))
        return [
            *(
                partial(self._notifier.tell_away, notice, channel_id)
                for channel_id in channels
                if channel_id is not None and channel_id != notice.channel_id
            ),
            *(
                partial(self._notifier.tell_away_directly, notice, member_id)
                for member_id in members
                if member_id is not None
            ),
        ]
