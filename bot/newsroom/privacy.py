"""What is kept of a member, and what a member may do about it: have it, be without a name, or be forgotten."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from bot.newsroom.rounds import Clock
from storage import Store
from storage.records import Erased, MemberKept

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand for a member in a guild: `forgotten` (nothing is kept), `hidden` (not shown by name)."""

    forgotten: bool
    hidden: bool


class Privacy:
    """Members' say over what is kept of them. Why ids of the forgotten are kept: docs/adr/0016."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def standing(self, guild_id: int | None, member_id: int) -> Standing:
        """How things stand for a member in a guild, or (None) outside of all of them."""
        privacy = self._store.privacy
        return Standing(
            forgotten=member_id in await privacy.forgotten((member_id,)),
            hidden=guild_id is not None and member_id in await privacy.hidden(guild_id, (member_id,)),
        )

    async def kept(self, member_id: int) -> MemberKept:
        """All that is kept of a member, in all guilds."""
        return await self._store.privacy.kept_of(member_id)

    async def forget(self, member_id: int) -> Erased:
        """Erase what is kept of a member in all guilds, and keep nothing from now on; answers what was erased.

        Where the process dies in between, `finish` goes on.
        """
        await self._store.privacy.forget(member_id, self._clock())
        return await self._erase(member_id)

    async def finish(self) -> None:
        """Go on with what was begun and not ended."""
        while members := await self._store.privacy.unfinished(limit=100):
            for member_id in members:
                await self._erase(member_id)

    async def allow(self, member_id: int) -> bool:
        """Keep again what a member does from now on. False: they were not forgotten."""
        return await self._store.privacy.allow(member_id)

    async def name(self, guild_id: int, member_id: int, *, hidden: bool) -> bool:
        """Show a member by name, or not, where the guild's articles are shown outside of Discord, and in rankings.

        False: they are forgotten, and have no name to be hidden.
        """
        if hidden:
            return await self._store.privacy.hide_name(guild_id, member_id, self._clock())
        await self._store.privacy.show_name(guild_id, member_id)
        return True

    async def _erase(self, member_id: int) -> Erased:
        erased = await erase_all(partial(self._store.privacy.erase_some, member_id, self._clock()))
        # Not of whom: who reads the log is not to know who was forgotten.
        log.info("Forgot a member: %d votes and %d comments are erased", erased.votes, erased.comments)
        return erased


async def erase_all(erase_some: Callable[[], Awaitable[Erased]]) -> Erased:
    """Erase portion by portion, others writing in between, until nothing is left; answers what was erased."""
    votes = comments = 0
    more = True
    while more:
        erased = await erase_some()
        votes, comments, more = votes + erased.votes, comments + erased.comments, erased.more
    return Erased(votes, comments)
