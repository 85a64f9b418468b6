"""Without MESSAGE_CONTENT Discord withholds most members' words: a guild's admins are told once what that means.

Said where it begins to matter: when a member writes under an article and the bot can't see what. Marked first: a
notice whose end is unclear is not said again (see `away`).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bot.newsroom.comments import Comments
from bot.newsroom.ports import (
    AdminNotifier,
    Away,
    Done,
    Later,
    MessageSeen,
    Missing,
    Outcome,
    Refused,
    Unclear,
)
from bot.newsroom.rounds import Clock
from storage import Store

log = logging.getLogger(__name__)


class Withheld:
    """Tells who subscribed, else the guild's owner, in a direct message; else the channel for Discord's own notes."""

    def __init__(self, store: Store, comments: Comments, *, clock: Clock) -> None:
        self._store = store
        self._comments = comments
        self._clock = clock
        self._told: set[int] = set()  # so that nothing is looked up for later messages

    async def noticed(self, message: MessageSeen, notifier: AdminNotifier) -> None:
        """A message came whose words are withheld."""
        guild_id = message.guild_id
        if guild_id in self._told or await self._comments.article_of(message) is None:
            return
        self._told.add(guild_id)
        members = await self._store.guilds.tell_withheld(guild_id, self._clock())
        if members is not None and not await self._tell(guild_id, members, notifier):
            await self._store.guilds.withheld_untold(guild_id)
            self._told.discard(guild_id)

    async def _tell(self, guild_id: int, members: tuple[int, ...], notifier: AdminNotifier) -> bool:
        """Tell the first who can be told; False where Discord is to be left alone for now."""
        for tell in _ways(guild_id, members, notifier):
            match await tell():
                case Done():
                    log.info(
                        "Server %d was told that comments are withheld without MESSAGE_CONTENT", guild_id
                    )
                    return True
                case Later():
                    return False
                case Unclear():
                    return True
                case Away() | Refused() | Missing():
                    pass  # somebody else, then
        log.warning("Nobody in server %d could be told that comments are withheld", guild_id)
        return True


def _ways(
    guild_id: int, members: tuple[int, ...], notifier: AdminNotifier
) -> list[Callable[[], Awaitable[Outcome]]]:
    system = notifier.system_channel_id(guild_id)
    return [
        *(
            partial(notifier.tell_withheld_directly, guild_id, member_id)
            for member_id in dict.fromkeys((*members, notifier.owner_id(guild_id)))
            if member_id is not None
        ),
        *([] if system is None else [partial(notifier.tell_withheld, guild_id, system)]),
    ]
