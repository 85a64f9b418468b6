"""Which guilds the bot is in."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

from bot.newsroom.retention import LEFT_FOR
from bot.newsroom.rounds import Clock
from storage import Store

log = logging.getLogger(__name__)


class Guilds:
    """Guilds that the bot joined or left. One that was left gets no posts and keeps its data for some days.

    `writes` says whether a language model writes summaries, so that a guild may choose their language.
    """

    def __init__(self, store: Store, *, clock: Clock, writes: bool = False) -> None:
        self._store = store
        self._clock = clock
        self.writes = writes

    async def joined(self, guild_id: int, name: str) -> bool:
        """The bot is in this guild now. True: again, and nobody told it what happened there meanwhile."""
        return await self._store.guilds.seen(guild_id, name, self._clock())

    async def in_these(self, guild_ids: Collection[int]) -> None:
        """A session began, and these are all the guilds that the bot is in: it has left those that it knows besides."""
        for guild_id in await self._store.guilds.present():
            if guild_id not in guild_ids:
                await self.left(guild_id)

    async def left(self, guild_id: int) -> None:
        """The bot was removed from this guild, or the guild is gone."""
        await self._store.guilds.left(guild_id, self._clock())
        log.info(
            "Server %d was left; what is kept of it is erased in %d days, unless the bot comes back",
            *(guild_id, LEFT_FOR.days),
        )

    async def summary_language(self, guild_id: int) -> str | None:
        """In which language (ISO 639-1) a guild wants its summaries; None for the articles' own."""
        return await self._store.guilds.summary_language(guild_id)

    async def want_language(self, guild_id: int, language: str | None) -> None:
        """Have a guild's summaries written in a language from now on; None for the articles' own."""
        await self._store.guilds.want_language(guild_id, language, self._clock())

    async def keep_for(self, guild_id: int, span: timedelta | None) -> None:
        """Have a guild's comments and votes kept for so many days; None for as long as the bot is there."""
        await self._store.retention.keep_for(guild_id, span.days if span else None, self._clock())

    async def kept_for(self, guild_id: int) -> timedelta | None:
        """For how long a guild's comments and votes are kept; None for as long as the bot is there."""
        days = await self._store.retention.kept_days(guild_id)
        return None if days is None else timedelta(days=days)
