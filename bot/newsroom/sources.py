"""A guild's sources as its admins ask for them: what they are, how they are doing, how often they publish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.newsroom.rounds import Clock
from bot.newsroom.source_status import DAYS, urgency
from storage import Pace, Source, Store, Subscription


@dataclass(frozen=True, slots=True)
class Followed:
    """A source that a guild follows, as it is at a moment (`now`), with the channels of the guild that get it."""

    source: Source
    channel_ids: tuple[int, ...]
    pace: Pace
    now: datetime


class Sources:
    """The sources that guilds follow."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def names(self, guild_id: int) -> list[Source]:
        """The sources of a guild, those with trouble first, then by title."""
        return [source for source, _ in _by_source(await self._store.subscriptions.of_guild(guild_id))]

    async def of_guild(self, guild_id: int) -> list[Followed]:
        """All sources of a guild with all that is known of them, in the same order."""
        return await self._followed(await self._store.subscriptions.of_guild(guild_id))

    async def one(self, guild_id: int, source_id: int) -> Followed | None:
        """One source of a guild; None where it does not follow that one."""
        subscriptions = await self._store.subscriptions.of_guild(guild_id)
        found = await self._followed([one for one in subscriptions if one.source.id == source_id])
        return found[0] if found else None

    async def _followed(self, subscriptions: Iterable[Subscription]) -> list[Followed]:
        channels = _by_source(subscriptions)
        now = self._clock()
        paces = await self._store.sources.paces([source.id for source, _ in channels], now, DAYS)
        return [Followed(source, channel_ids, paces[source.id], now) for source, channel_ids in channels]


def _by_source(subscriptions: Iterable[Subscription]) -> list[tuple[Source, tuple[int, ...]]]:
    channels: dict[int, list[int]] = {}
    sources: dict[int, Source] = {}
    for one in subscriptions:
        sources[one.source.id] = one.source
        channels.setdefault(one.source.id, []).append(one.channel_id)
    return [(source, tuple(channels[source.id])) for source in sorted(sources.values(), key=urgency)]
