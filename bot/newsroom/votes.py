"""Mirrors reactions as they stand on Discord; votes are computed from the mirror by storage."""

from __future__ import annotations

from bot.newsroom.rounds import Clock
from bot.newsroom.watch import Watch
from storage import Store


class Votes:
    """Reactions of members, told one by one. Bots' reactions never come here."""

    def __init__(self, store: Store, watch: Watch, *, clock: Clock) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock

    async def reacted(self, message_id: int, member_id: int, emoji: str) -> None:
        """A member put `emoji` (Unicode, or `name:id`) under a message."""
        async with self._watch.turn:
            self._watch.votes_changed(message_id)
            await self._store.votes.add(message_id, member_id, emoji, self._clock())

    async def unreacted(self, message_id: int, member_id: int, emoji: str) -> None:
        """A member took the reaction back, or it was taken."""
        async with self._watch.turn:
            self._watch.votes_changed(message_id)
            await self._store.votes.remove(message_id, member_id, emoji)

    async def cleared(self, message_id: int, emoji: str | None) -> None:
        """All reactions of the message are gone, or all of one emoji."""
        async with self._watch.turn:
            self._watch.votes_changed(message_id)
            await self._store.votes.clear(message_id, emoji)
