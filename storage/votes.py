"""Votes: the mirror of the reactions on posts and comments, and the tallies that follow from every change of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.erasing import forgotten_among
from storage.records import ReactionChange, Verdict, emoji_key
from storage.rows import insert, portions
from storage.tables import SENT, comments, posts, reactions
from storage.tallies import Ranks, lock, recount, recount_comments
from storage.vote_rules import emoji_of, roles_of


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a message with reactions is: a post of an article in a guild, or (`post_id` is None) a comment."""

    message_id: int
    article_id: int
    guild_id: int
    post_id: int | None
    author_id: int | None = None

    @property
    def place(self) -> tuple[int, int]:
        """The standing that the post's votes are in."""
        return self.article_id, self.guild_id


class Votes:
    """The mirror. Every change is idempotent and leaves the tallies right, in one transaction."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def apply(self, changes: Sequence[ReactionChange]) -> list[Verdict]:
        """Mirror changes in their order, all or none; answers what each of them is.

        A reaction that stands already keeps its time. One of a member who is forgotten is not mirrored, and no vote.
        """
        ours = await self._ours({change.message_id for change in changes})
        if not ours:
            return [Verdict.NO_VOTE] * len(changes)
        async with self._database.writing() as connection:
            subjects = await _find(connection, ours)
            guild_ids = {subject.guild_id for subject in subjects.values()}
            emoji = await emoji_of(connection, guild_ids)
            votes = {
                (guild_id, emoji_key(one.emoji)) for guild_id, several in emoji.items() for one in several
            }
            roles = await roles_of(connection, guild_ids)
            forgotten = await forgotten_among(connection, {change.member_id for change in changes})
            verdicts = [
                Verdict.NO_VOTE
                if change.member_id in forgotten
                else _verdict(change, subjects.get(change.message_id), votes, roles)
                for change in changes
            ]
            mirrored = [
                change
                for change in changes
                if change.message_id in subjects and change.member_id not in forgotten
            ]
            await _change(connection, subjects, mirrored, roles)
            voted = {
                change.message_id
                for change, verdict in zip(changes, verdicts, strict=True)
                if verdict is not Verdict.NO_VOTE
            }
            await self._recount(connection, [subjects[message_id] for message_id in voted])
            return verdicts

    async def clear(self, message_id: int, emoji: str | None) -> bool:
        """Mirror that a message lost all reactions of an emoji, or (None) of every one. False: it had none."""
        if not await self._ours({message_id}):
            return False
        async with self._database.writing() as connection:
            subjects = await _find(connection, {message_id})
            if not subjects:
                return False
            removal = delete(reactions).where(reactions.c.message_id == message_id)
            removed = await connection.execute(
                removal if emoji is None else removal.where(reactions.c.emoji.like(_alike(emoji)))
            )
            await self._recount(connection, subjects.values())
            return removed.rowcount > 0

    async def replace(
        self,
        message_id: int,
        standing: Mapping[str, Collection[int]],
        now: datetime,
        uncounted: Collection[int] = (),
    ) -> None:
        """Set a message's mirror to exactly these members by emoji; reactions that stood already keep their time.

        Those of the `uncounted` members that are new do not count: these may not vote. Of who is forgotten none is
        mirrored.
        """
        async with self._database.writing() as connection:
            subjects = await _find(connection, {message_id})
            if not subjects:
                return
            subject = subjects[message_id]
            forgotten = await forgotten_among(connection, set().union(*standing.values()))
            wanted = {
                (member_id, emoji)
                for emoji, members in standing.items()
                for member_id in members
                if member_id not in forgotten
            }
            found = await connection.execute(
                select(
                    reactions.c.member_id, reactions.c.emoji, reactions.c.reacted_at, reactions.c.counts
                ).where(reactions.c.message_id == message_id)
            )
            rows = found.all()
            stood = {(row.member_id, _alike(row.emoji)): (row.reacted_at, row.counts) for row in rows}
            mirrored = {(row.member_id, row.emoji) for row in rows}
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
            new = []
            for member_id, emoji in sorted(wanted - mirrored):
                at, counts = stood.get((member_id, _alike(emoji)), (now, member_id not in uncounted))
                new.append(_row(subject, member_id, emoji, at, counts=counts))
            await _place(connection, new)
            await self._recount(connection, [subject])

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

    async def since_listed(self, message_ids: Collection[int]) -> set[int]:
        """Find those of these messages on which a reaction came since who reacted was last compared with Discord.

        It is not known of comments when that was: there it is any reaction.
        """
        found: set[int] = set()
        async with self._database.reading() as connection:
            for portion in portions(message_ids):
                found.update(
                    await connection.scalars(
                        select(reactions.c.message_id)
                        .outerjoin(posts, posts.c.id == reactions.c.post_id)
                        .where(
                            reactions.c.message_id.in_(portion),
                            or_(posts.c.swept_at.is_(None), reactions.c.reacted_at > posts.c.swept_at),
                        )
                        .distinct()
                    )
                )
        return found

    async def _ours(self, message_ids: Collection[int]) -> set[int]:
        """Look at messages without writing: nearly all that members react to in a guild is their own talk.

        What is ours is looked up again in the transaction that writes, where it stands still.
        """
        found: set[int] = set()
        async with self._database.reading() as connection:
            for portion in portions(message_ids):
                found.update(
                    await connection.scalars(
                        select(posts.c.message_id).where(posts.c.message_id.in_(portion), SENT)
                    )
                )
                found.update(
                    await connection.scalars(
                        select(comments.c.message_id).where(comments.c.message_id.in_(portion))
                    )
                )
        return found

    async def _recount(self, connection: AsyncConnection, subjects: Iterable[_Subject]) -> None:
        told = list(subjects)
        await recount(connection, self._ranks, {one.place for one in told if one.post_id is not None})
        await recount_comments(connection, {one.message_id for one in told if one.post_id is None})


def _verdict(
    change: ReactionChange,
    subject: _Subject | None,
    votes: Collection[tuple[int, str]],
    roles: Mapping[int, frozenset[int]],
) -> Verdict:
    if subject is None or (subject.guild_id, emoji_key(change.emoji)) not in votes:
        return Verdict.NO_VOTE
    if subject.author_id == change.member_id:
        return Verdict.OWN_COMMENT
    return Verdict.COUNTS if _may_vote(change, subject, roles) else Verdict.NOT_A_VOTER


def _may_vote(change: ReactionChange, subject: _Subject, roles: Mapping[int, frozenset[int]]) -> bool:
    voters = roles.get(subject.guild_id)
    return not change.came or voters is None or bool(voters & change.roles)


async def _find(connection: AsyncConnection, message_ids: Collection[int]) -> dict[int, _Subject]:
    """Find what messages are and have other writers to their tallies wait: all lock these before the mirror."""
    found: dict[int, _Subject] = {}
    for portion in portions(sorted(message_ids)):
        rows: Any = await connection.execute(
            select(posts.c.message_id, posts.c.article_id, posts.c.guild_id, posts.c.id).where(
                posts.c.message_id.in_(portion), SENT
            )
        )
        for message_id, article_id, guild_id, post_id in rows:
            found[message_id] = _Subject(message_id, article_id, guild_id, post_id)
    if places := {subject.place for subject in found.values()}:
        await lock(connection, places)
    for portion in portions(sorted(set(message_ids) - found.keys())):
        rows = await connection.execute(
            select(comments.c.message_id, comments.c.article_id, comments.c.guild_id, comments.c.author_id)
            .where(comments.c.message_id.in_(portion))
            .order_by(comments.c.message_id)
            .with_for_update()
        )
        for message_id, article_id, guild_id, author_id in rows:
            found[message_id] = _Subject(message_id, article_id, guild_id, None, author_id)
    return found


async def _change(
    connection: AsyncConnection,
    subjects: Mapping[int, _Subject],
    changes: Iterable[ReactionChange],
    roles: Mapping[int, frozenset[int]],
) -> None:
    """Write what remains of changes, in their order: of one reaction that went and came again, a new one.

    Of who may not vote none counts, nor will it where its emoji becomes a vote.
    """
    went: set[tuple[int, int, str]] = set()
    came: dict[tuple[int, int, str], dict[str, Any]] = {}
    for change in changes:
        key = (change.message_id, change.member_id, change.emoji)
        if not change.came:
            went.add(key)
            came.pop(key, None)
        elif key not in came:
            subject = subjects[change.message_id]
            counts = _may_vote(change, subject, roles)
            came[key] = _row(subject, change.member_id, change.emoji, change.at, counts=counts)
    if went:
        await connection.execute(
            _REMOVAL,
            [
                {"of_message": one, "of_member": by, "of_emoji": _alike(emoji)}
                for one, by, emoji in sorted(went)
            ],
        )
    await _place(connection, list(came.values()))


_REMOVAL = delete(reactions).where(
    reactions.c.message_id == bindparam("of_message"),
    reactions.c.member_id == bindparam("of_member"),
    reactions.c.emoji.like(bindparam("of_emoji")),
)


def _alike(emoji: str) -> str:
    """A pattern for all names of a reaction: a guild's own emoji may have been renamed since it came."""
    _, colon, own_id = emoji.partition(":")
    return f"%:{own_id}" if colon else emoji


def _row(subject: _Subject, member_id: int, emoji: str, at: datetime, *, counts: bool) -> dict[str, Any]:
    return {
        "message_id": subject.message_id,
        "member_id": member_id,
        "emoji": emoji,
        "post_id": subject.post_id,
        "comment_id": subject.message_id if subject.post_id is None else None,
        "reacted_at": at,
        "counts": counts,
    }


async def _place(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    for portion in portions(rows):
        await connection.execute(
            insert(connection, reactions).on_conflict_do_nothing(
                index_elements=["message_id", "member_id", "emoji"]
            ),
            portion,
        )
