"""Mirrors reactions as they stand on Discord; votes are computed from the mirror by storage."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from bot.newsroom.rounds import Clock
from bot.newsroom.watch import VoteChange, Watch
from storage import Store
from storage.records import ReactionChange, Verdict

# As many as are waiting go into one transaction: under a storm of votes each would wait for the disk otherwise.
MOST_AT_ONCE = 500


@dataclass(slots=True)
class _Batch:
    """Reactions that are mirrored together. `asked` is which turn is theirs; `done` tells those who joined."""

    changes: list[ReactionChange]
    asked: int
    done: asyncio.Future[list[Verdict]] | None = None


class Votes:
    """Reactions of members, told one by one. Bots' reactions never come here.

    Those that come while others are being written are gathered and written together, in their order.
    """

    def __init__(self, store: Store, watch: Watch, *, clock: Clock) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock
        self._batch: _Batch | None = None

    async def reacted(
        self, message_id: int, member_id: int, emoji: str, roles: Collection[int] = ()
    ) -> Verdict:
        """A member with these roles put `emoji` (Unicode, or `name:id`) under a message; answers what that is."""
        return await self._mirror(
            ReactionChange(message_id, member_id, emoji, self._clock(), came=True, roles=frozenset(roles))
        )

    async def unreacted(self, message_id: int, member_id: int, emoji: str) -> None:
        """A member took the reaction back, or it was taken."""
        await self._mirror(ReactionChange(message_id, member_id, emoji, self._clock(), came=False))

    async def cleared(self, message_id: int, emoji: str | None) -> None:
        """All reactions of the message are gone, or all of one emoji."""
        async with self._watch.turn:
            self._watch.vote_changed(message_id, VoteChange(None, emoji))
            await self._store.votes.clear(message_id, emoji)

    async def to_answer(self, guild_id: int, member_id: int, verdict: Verdict) -> bool:
        """Whether a member is to be told why their vote does not count: they were not yet. They count as told now."""
        return await self._store.vote_rules.answered(guild_id, member_id, verdict)

    async def not_answered(self, guild_id: int, member_id: int, verdict: Verdict) -> None:
        """They could not be told now; they are to be, when they vote like this again."""
        await self._store.vote_rules.not_answered(guild_id, member_id, verdict)

    async def _mirror(self, change: ReactionChange) -> Verdict:
        """Write a change in its turn, together with all that come until then and before anything else does."""
        turn, batch = self._watch.turn, self._batch
        if batch is not None and batch.asked == turn.asked and len(batch.changes) < MOST_AT_ONCE:
            place = len(batch.changes)
            batch.changes.append(change)
            if batch.done is None:
                batch.done = asyncio.get_running_loop().create_future()
            # Whoever stops waiting does not stop the others.
            return (await asyncio.shield(batch.done))[place]
        batch = self._batch = _Batch([change], asked=turn.asked + 1)
        try:
            async with turn:
                self._close(batch)
                for one in batch.changes:
                    told = VoteChange(one.member_id, one.emoji, came=one.came)
                    self._watch.vote_changed(one.message_id, told)
                verdicts = await self._store.votes.apply(batch.changes)
        except BaseException as error:
            self._close(batch)
            if batch.done is not None and not batch.done.done():
                if isinstance(error, Exception):
                    batch.done.set_exception(error)
                else:
                    batch.done.cancel()
            raise
        if batch.done is not None:
            batch.done.set_result(verdicts)
        return verdicts[0]

    def _close(self, batch: _Batch) -> None:
        if self._batch is batch:
            self._batch = None
