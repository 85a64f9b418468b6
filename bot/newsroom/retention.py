"""Erases what is kept no longer: what guilds keep for a time only, and all of guilds that the bot left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bot.newsroom.privacy import Privacy, erase_all
from bot.newsroom.reconcile import TRACKED_FOR
from bot.newsroom.rounds import Clock, Rounds
from storage import Store

log = logging.getLogger(__name__)

LEFT_FOR = timedelta(days=7)
"""What is kept of a guild is erased when the bot has been gone from it for so long."""
LOST_AFTER = TRACKED_FOR
"""What was written into a dialog and did not become a message by then is not looked for any more."""
EVERY = timedelta(hours=1)


class Retention:
    """Looks every hour for what is to be erased, and erases it in portions. It is begun once Discord is connected.

    `is_in` says whether the bot is in a guild now, as Discord tells: one that it came back to while it was off may
    still be known as left.
    """

    def __init__(self, store: Store, privacy: Privacy, *, clock: Clock, is_in: Callable[[int], bool]) -> None:
        self._store = store
        self._privacy = privacy
        self._clock = clock
        self._is_in = is_in

    async def run(self) -> None:
        """Erase until cancelled."""
        await Rounds("the erasing", self.round, woken=asyncio.Event(), longest=EVERY).run()

    async def round(self) -> timedelta:
        """Erase all that is due; answers after which time to look again."""
        await self._privacy.finish()
        retention, now = self._store.retention, self._clock()
        for guild_id, days in await retention.keeping_for_a_time():
            erased = await erase_all(partial(retention.erase_old, guild_id, now - timedelta(days=days)))
            if erased.votes or erased.comments:
                log.info(
                    "Server %d keeps %d days: %d votes and %d comments from before are erased",
                    *(guild_id, days, erased.votes, erased.comments),
                )
        await self._store.feedback.forget_lost(now - LOST_AFTER)
        before = now - LEFT_FOR
        for guild_id in await retention.left(before):
            if self._is_in(guild_id):
                continue
            erased = await erase_all(partial(retention.erase_guild, guild_id, before))
            log.info(
                "Server %d was left %d days ago or earlier: all that was kept of it is erased, with %d votes and %d "
                "comments",
                *(guild_id, LEFT_FOR.days, erased.votes, erased.comments),
            )
        return EVERY
