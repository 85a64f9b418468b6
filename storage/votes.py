"""Votes: the mirror of the reactions on posts and comments, and the tallies that follow from every change of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.rows import insert, portions
from storage.tables import SENT, comments, posts, reactions
from storage.tallies import Ranks, lock, recompute, recompute_comment


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a message with reactions is: a post of an article in a guild, or a comment."""

    message_id: int
    post: tuple[int, int, int] | None  # post, article, guild


class Votes:
    """The mirror. Every change is idempotent and leaves the tallies right, in one transaction."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def add(self, message_id: int, member_id: int, emoji: str, now: datetime) -> bool:
        """Mirror a reaction; one that stands already keeps its time. False: the message is not one of ours."""
        if not await self._is_ours(message_id):
            return False
        async with self._database.writing() as connection:
            subject = await _find(connection, message_id)
            if subject is None:
                return False
            await _place(connection, subject, [(member_id, emoji)], now)
            await self._recompute(connection, subject)
            return True

    async def remove(self, message_id: int, member_id: int, emoji: str) -> bool:
        """Mirror that a reaction was taken back. False: it was not mirrored."""
        return await self._remove(
            message_id, and_(reactions.c.member_id == member_id, reactions.c.emoji == emoji)
        )

    async def clear(self, message_id: int, emoji: str | None) -> bool:
        """Mirror that a message lost all reactions of an emoji, or (None) of every one. False: it had none."""
        return await self._remove(message_id, None if emoji is None else reactions.c.emoji == emoji)

    async def _remove(self, message_id: int, which: ColumnElement[bool] | None) -> bool:
        if not await self._is_ours(message_id):
            return False
        async with self._database.writing() as connection:
            subject = await _find(connection, message_id)
            if subject is None:
                return False
            removal = delete(reactions).where(reactions.c.message_id == message_id)
            removed = await connection.execute(removal if which is None else removal.where(which))
            await self._recompute(connection, subject)
            return removed.rowcount > 0

    async def replace(self, message_id: int, standing: Mapping[str, Collection[int]], now: datetime) -> None:
        """Set a message's mirror to exactly these members by emoji; reactions that stood already keep their time."""
        wanted = {(member_id, emoji) for emoji, members in standing.items() for member_id in members}
        async with self._database.writing() as connection:
            subject = await _find(connection, message_id)
            if subject is None:
                return
            rows = await connection.execute(
                select(reactions.c.member_id, reactions.c.emoji).where(reactions.c.message_id == message_id)
            )
            mirrored = {(member_id, emoji) for member_id, emoji in rows}
            gone: dict[str, list[int]] = {}
            for member_id, emoji in mirrored - wanted:
                gone.setdefault(emoji, []).append(member_id)
            for emoji, members in gone.items():
                for portion in portions(members):
                    await connection.execute(
                        delete(reactions).where(
                            reactions.c.message_id == message_id,
                            reactions.c.emoji == emoji,
                            reactions.c.member_id.in_(portion),
                        )
                    )
            await _place(connection, subject, sorted(wanted - mirrored), now)
            await self._recompute(connection, subject)

    async def mirrored(self, message_ids: Collection[int]) -> dict[int, dict[str, frozenset[int]]]:
        """Answer who reacted with what, as mirrored; messages without reactions are left out."""
        found: dict[int, dict[str, set[int]]] = {}
        async with self._database.reading() as connection:
            for portion in portions(message_ids):
                rows = await connection.execute(
                    select(reactions.c.message_id, reactions.c.emoji, reactions.c.member_id).where(
                        reactions.c.message_id.in_(portion)
                    )
                )
                for message_id, emoji, member_id in rows:
                    found.setdefault(message_id, {}).setdefault(emoji, set()).add(member_id)
        return {
            message_id: {emoji: frozenset(members) for emoji, members in by_emoji.items()}
            for message_id, by_emoji in found.items()
        }

    async def _is_ours(self, message_id: int) -> bool:
        """Look at a message without writing: nearly all that members react to in a guild is their own talk.

        What is ours is looked up again in the transaction that writes, where it stands still.
        """
        async with self._database.reading() as connection:
            found = await connection.scalar(
                select(
                    or_(
                        exists().where(posts.c.message_id == message_id, SENT),
                        exists().where(comments.c.message_id == message_id),
                    )
                )
            )
            return bool(found)

    async def _recompute(self, connection: AsyncConnection, subject: _Subject) -> None:
        if subject.post is None:
            await recompute_comment(connection, subject.message_id)
        else:
            _, article_id, guild_id = subject.post
            await recompute(connection, self._ranks, article_id, guild_id)


async def _find(connection: AsyncConnection, message_id: int) -> _Subject | None:
    """Find what the message is and have other writers to its tally wait: all lock it before they change the mirror."""
    post = (
        await connection.execute(
            select(posts.c.id, posts.c.article_id, posts.c.guild_id).where(
                posts.c.message_id == message_id, SENT
            )
        )
    ).one_or_none()
    if post is not None:
        await lock(connection, post.article_id, post.guild_id)
        return _Subject(message_id, (post.id, post.article_id, post.guild_id))
    comment = await connection.scalar(
        select(comments.c.message_id).where(comments.c.message_id == message_id).with_for_update()
    )
    return None if comment is None else _Subject(message_id, None)


async def _place(
    connection: AsyncConnection,
    subject: _Subject,
    by_members: Collection[tuple[int, str]],
    now: datetime,
) -> None:
    for portion in portions(by_members):
        await connection.execute(
            insert(connection, reactions).on_conflict_do_nothing(
                index_elements=["message_id", "member_id", "emoji"]
            ),
            [
                {
                    "message_id": subject.message_id,
                    "member_id": member_id,
                    "emoji": emoji,
                    "post_id": subject.post[0] if subject.post else None,
                    "comment_id": None if subject.post else subject.message_id,
                    "reacted_at": now,
                }
                for member_id, emoji in portion
            ],
        )
