"""Which guilds the bot is in."""

from __future__ import annotations

from bot.newsroom.rounds import Clock
from storage import Store


class Guilds:
    """Guilds that the bot joined or left. One that was left keeps its data but gets no posts."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def joined(self, guild_id: int, name: str) -> None:
        """The bot is in this guild now, newly or again."""
        await self._store.guilds.seen(guild_id, name, self._clock())

    async def left(self, guild_id: int) -> None:
        """The bot was removed from this guild, or the guild is gone."""
        await self._store.guilds.left(guild_id, self._clock())
