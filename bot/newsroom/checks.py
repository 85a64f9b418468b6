"""A source is read now because somebody asks for it, politely: at most once a minute, and not while it must rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.newsroom.reads import Polled
from bot.newsroom.rounds import Clock
from storage import Source, Store

AT_MOST_EVERY = timedelta(minutes=1)

Poll = Callable[[Source], Awaitable[Polled]]


@dataclass(frozen=True, slots=True)
class NotFollowed:
    """No channel of the guild gets this source."""


@dataclass(frozen=True, slots=True)
class TooSoon:
    """The source was read a moment ago, or is being read; asking again is of use after `until`."""

    source: Source
    until: datetime


class Checks:
    """Polls that people ask for."""

    def __init__(self, store: Store, poll: Poll, *, clock: Clock) -> None:
        self._store = store
        self._poll = poll
        self._clock = clock
        self._under_way: set[int] = set()

    async def check(self, guild_id: int, source_id: int) -> Polled | TooSoon | NotFollowed:
        """Poll a source of this guild now and store the result; one that had stopped goes on if it answers.

        Raises DatabaseProblem where the result can't be stored.
        """
        followed = await self._store.subscriptions.of_guild(guild_id)
        source = next((one.source for one in followed if one.source.id == source_id), None)
        if source is None:
            return NotFollowed()
        now = self._clock()
        last = now if source_id in self._under_way else source.last_polled_at
        if last is not None and now < last + AT_MOST_EVERY:
            return TooSoon(source, last + AT_MOST_EVERY)
        self._under_way.add(source_id)
        try:
            return await self._poll(source)
        finally:
            self._under_way.discard(source_id)
