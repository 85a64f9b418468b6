"""Leaderboards, who voted, and figures over time, of what a reader may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.newsroom.ranking import Period
from bot.newsroom.rounds import Clock
from storage import Store
from storage.records import CommenterRank, DayFigures, SourceRank, VotersOfEmoji

LISTED = 10
# More mentions than this are not in one message of Discord's.
MOST_VOTERS = 200
# Sources that one picture compares.
COMPARED = 8
DAYS = 30


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a guild, each day of a time, and its sources by score."""

    days: tuple[DayFigures, ...]
    sources: tuple[SourceRank, ...]


class Boards:
    """What `/leaderboard`, `/who voted` and `/stats` show. `visible` are channels and threads that may be read."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def voters(self, guild_id: int, article_id: int) -> list[VotersOfEmoji] | None:
        """The votes that count on an article; None where the guild does not show who voted.

        Those who don't want to be shown are counted and not listed.
        """
        if not (await self._store.vote_rules.of(guild_id)).shows_voters:
            return None
        return await self._store.boards.voters(guild_id, article_id, MOST_VOTERS)

    async def sources(
        self, guild_id: int, period: Period, *, visible: Collection[int], most: int = LISTED
    ) -> list[SourceRank]:
        """The sources with the highest scores."""
        since = period.since(self._clock())
        return await self._store.boards.sources(guild_id, since, most, visible=visible)

    async def commenters(
        self, guild_id: int, period: Period, *, visible: Collection[int]
    ) -> list[CommenterRank]:
        """The members whose comments have the highest scores, without those who don't want to be shown."""
        since = period.since(self._clock())
        return await self._store.boards.commenters(guild_id, since, LISTED, visible=visible)

    async def figures(self, guild_id: int, *, visible: Collection[int]) -> Figures:
        """What happened on each of the last thirty days, today's among them, and the sources of that time."""
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        first = today - timedelta(days=DAYS - 1)
        known = {one.day: one for one in await self._store.boards.days(guild_id, first, visible=visible)}
        every = (first.date() + timedelta(days=number) for number in range(DAYS))
        sources = await self._store.boards.sources(guild_id, first, COMPARED, visible=visible)
        return Figures(tuple(known.get(day) or DayFigures(day) for day in every), tuple(sources))
