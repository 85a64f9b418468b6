"""Members' say over what is kept of them: all of it in one answer, none of it any more, or not by name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, literal, null, or_, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.erasing import erase_comments, erase_votes, forgotten_among
from storage.guilds import ensure_guild
from storage.records import (
    AnswerKept,
    CommentKept,
    DigestKept,
    Erased,
    FollowKept,
    Listener,
    MemberKept,
    NameKept,
    SourceKept,
    TidingKept,
    TidingState,
    VoteKept,
)
from storage.rows import insert, portions, read
from storage.tables import (
    arrivals,
    articles,
    comments,
    digest_schedules,
    digests,
    feedback,
    follows,
    forgotten,
    guilds,
    letters,
    listeners,
    members,
    nameless,
    posts,
    reactions,
    sources,
    subscriptions,
    tidings,
    vote_answers,
)
from storage.tallies import Ranks

MESSAGES = 100
"""On so many messages a member's votes, or so many of their comments, are erased in one transaction."""
PAGE = 1000
"""Rows of what is kept of a member that are read at once."""


class Privacy:
    """What is kept of single members."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def forget(self, member_id: int, now: datetime) -> None:
        """Store nothing of a member from now on, in no guild. What is kept is erased by `erase_some`."""
        async with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # Whoever is storing something of theirs at this moment is waited for; see `forgotten_among`.
                await connection.execute(text("LOCK TABLE forgotten IN EXCLUSIVE MODE"))
            forgetting = insert(connection, forgotten).values(member_id=member_id, since=now)
            await connection.execute(
                forgetting.on_conflict_do_update(index_elements=["member_id"], set_={"finished_at": None})
            )

    async def unfinished(self, limit: int) -> list[int]:
        """List members who are forgotten and of whom something may still be there."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(forgotten.c.member_id)
                .where(forgotten.c.finished_at.is_(None))
                .order_by(forgotten.c.member_id)
                .limit(limit)
            )
            return list(found)

    async def erase_some(self, member_id: int, now: datetime) -> Erased:
        """Erase a portion of what is kept of a member who is forgotten; to be called until there is no `more`."""
        async with self._database.writing() as connection:
            voted = await connection.scalars(
                select(reactions.c.message_id)
                .where(reactions.c.member_id == member_id)
                .distinct()
                .order_by(reactions.c.message_id)
                .limit(MESSAGES)
            )
            if message_ids := voted.all():
                own = reactions.c.member_id == member_id
                return Erased(votes=await erase_votes(connection, self._ranks, message_ids, own), more=True)
            written = await connection.scalars(
                select(comments.c.message_id)
                .where(comments.c.author_id == member_id)
                .order_by(comments.c.message_id)
                .limit(MESSAGES)
            )
            if message_ids := written.all():
                these = comments.c.message_id.in_(message_ids)
                return Erased(comments=await erase_comments(connection, self._ranks, these), more=True)
            for table in (
                *(members, nameless, vote_answers, digests, digest_schedules),
                *(arrivals, tidings, letters, follows, listeners),
            ):
                await connection.execute(delete(table).where(table.c.member_id == member_id))
            await connection.execute(delete(feedback).where(feedback.c.author_id == member_id))
            await connection.execute(
                update(subscriptions).where(subscriptions.c.created_by == member_id).values(created_by=None)
            )
            await connection.execute(
                update(digest_schedules)
                .where(digest_schedules.c.created_by == member_id)
                .values(created_by=None)
            )
            await connection.execute(
                update(forgotten).where(forgotten.c.member_id == member_id).values(finished_at=now)
            )
            return Erased()

    async def allow(self, member_id: int) -> bool:
        """Store again what a member does from now on. False: they were not forgotten."""
        async with self._database.writing() as connection:
            gone = await connection.execute(delete(forgotten).where(forgotten.c.member_id == member_id))
            return gone.rowcount > 0

    async def forgotten(self, member_ids: Collection[int]) -> frozenset[int]:
        """Answer which of the members are not to be stored."""
        async with self._database.reading() as connection:
            return await forgotten_among(connection, member_ids)

    async def hide_name(self, guild_id: int, member_id: int, now: datetime) -> bool:
        """Show a member by name no more where the guild's articles are shown outside of Discord.

        False: they are forgotten, so that there is no name, and this is not kept either.
        """
        async with self._database.writing() as connection:
            if await forgotten_among(connection, (member_id,)):
                return False
            await ensure_guild(connection, guild_id, now)
            await connection.execute(
                insert(connection, nameless)
                .values(guild_id=guild_id, member_id=member_id)
                .on_conflict_do_nothing(index_elements=["guild_id", "member_id"])
            )
            return True

    async def show_name(self, guild_id: int, member_id: int) -> None:
        """Show a member by name again."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(nameless).where(nameless.c.guild_id == guild_id, nameless.c.member_id == member_id)
            )

    async def hidden(self, guild_id: int, member_ids: Collection[int]) -> set[int]:
        """Answer which of the members are not to be shown by name."""
        found: set[int] = set()
        async with self._database.reading() as connection:
            for portion in portions(sorted(member_ids)):
                found.update(
                    await connection.scalars(
                        select(nameless.c.member_id).where(
                            nameless.c.guild_id == guild_id, nameless.c.member_id.in_(portion)
                        )
                    )
                )
        return found

    async def kept_of(self, member_id: int) -> MemberKept:
        """Answer all that is kept of a member, in all guilds, oldest messages first."""
        async with self._database.reading() as connection:
            since = await connection.scalar(
                select(forgotten.c.since).where(forgotten.c.member_id == member_id)
            )
            return MemberKept(
                member_id,
                since,
                names=await _names(connection, member_id),
                votes=await _votes(connection, member_id),
                comments=await _comments(connection, member_id),
                sources=await _sources(connection, member_id),
                answers=await _answers(connection, member_id),
                digests=await _digests(connection, member_id),
                follows=await _follows(connection, member_id),
                told=await _told(connection, member_id),
                listener=await _listener(connection, member_id),
            )


async def _names(connection: AsyncConnection, member_id: int) -> tuple[NameKept, ...]:
    known = union_all(
        select(members.c.guild_id, members.c.name, literal(0).label("hidden")).where(
            members.c.member_id == member_id
        ),
        select(nameless.c.guild_id, null(), literal(1)).where(nameless.c.member_id == member_id),
    ).subquery("one")
    rows = await connection.execute(
        select(known.c.guild_id, guilds.c.name.label("guild_name"), known.c.name, known.c.hidden)
        .join(guilds, guilds.c.id == known.c.guild_id)
        .order_by(known.c.guild_id, known.c.hidden)
    )
    found: dict[int, NameKept] = {}
    for row in rows:
        before = found.get(row.guild_id)
        name = before.name if before is not None else row.name
        found[row.guild_id] = NameKept(row.guild_id, row.guild_name, name, bool(row.hidden))
    return tuple(found.values())


async def _votes(connection: AsyncConnection, member_id: int) -> tuple[VoteKept, ...]:
    # An article's card, or the comment on it; each reaction is on one of them.
    query = (
        select(
            reactions.c.message_id,
            reactions.c.emoji,
            reactions.c.reacted_at,
            posts.c.guild_id,
            posts.c.channel_id,
            posts.c.place_id,
            comments.c.guild_id.label("comment_guild_id"),
            comments.c.channel_id.label("comment_channel_id"),
            articles.c.title,
            articles.c.url,
        )
        .select_from(reactions)
        .outerjoin(posts, posts.c.id == reactions.c.post_id)
        .outerjoin(comments, comments.c.message_id == reactions.c.comment_id)
        .join(articles, articles.c.id == func.coalesce(posts.c.article_id, comments.c.article_id))
        .where(reactions.c.member_id == member_id)
        .order_by(reactions.c.message_id, reactions.c.emoji)
    )
    found: list[VoteKept] = []
    key = (0, "")
    while rows := await _page(connection, query, reactions, key):
        found += [
            VoteKept(
                guild_id=row.comment_guild_id or row.guild_id,
                channel_id=row.comment_channel_id or row.place_id or row.channel_id,
                message_id=row.message_id,
                on_comment=row.comment_guild_id is not None,
                title=row.title,
                url=row.url,
                emoji=row.emoji,
                at=row.reacted_at,
            )
            for row in rows
        ]
        key = (rows[-1].message_id, rows[-1].emoji)
    return tuple(found)


async def _page(connection: AsyncConnection, query: Any, table: Any, key: tuple[int, str]) -> Any:
    message_id, emoji = key
    beyond = (table.c.message_id > message_id) | and_(table.c.message_id == message_id, table.c.emoji > emoji)
    return (await connection.execute(query.where(table.c.message_id >= message_id, beyond).limit(PAGE))).all()


async def _comments(connection: AsyncConnection, member_id: int) -> tuple[CommentKept, ...]:
    query = (
        select(comments, articles.c.title, articles.c.url)
        .join(articles, articles.c.id == comments.c.article_id)
        .where(comments.c.author_id == member_id)
        .order_by(comments.c.message_id)
        .limit(PAGE)
    )
    found: list[CommentKept] = []
    last = 0
    while rows := (await connection.execute(query.where(comments.c.message_id > last))).all():
        found += [
            CommentKept(
                guild_id=row.guild_id,
                channel_id=row.channel_id,
                message_id=row.message_id,
                title=row.title,
                url=row.url,
                reply_to_id=row.reply_to_id,
                quote=row.quote,
                text=row.text,
                created_at=row.created_at,
                edited_at=row.edited_at,
            )
            for row in rows
        ]
        last = rows[-1].message_id
    return (*found, *await _on_their_way(connection, member_id))


async def _on_their_way(connection: AsyncConnection, member_id: int) -> list[CommentKept]:
    """What the member wrote into dialogs and is not known as a message yet."""
    rows = await connection.execute(
        select(feedback, articles.c.title, articles.c.url)
        .join(articles, articles.c.id == feedback.c.article_id)
        .where(feedback.c.author_id == member_id)
        .order_by(feedback.c.id)
    )
    return [
        CommentKept(
            guild_id=row.guild_id,
            channel_id=None,
            message_id=None,
            title=row.title,
            url=row.url,
            reply_to_id=None,
            quote=row.quote,
            text=row.text,
            created_at=row.created_at,
            edited_at=None,
        )
        for row in rows
    ]


async def _sources(connection: AsyncConnection, member_id: int) -> tuple[SourceKept, ...]:
    rows = await connection.execute(
        select(
            subscriptions.c.guild_id,
            subscriptions.c.channel_id,
            sources.c.url,
            subscriptions.c.created_at,
        )
        .join(sources, sources.c.id == subscriptions.c.source_id)
        .where(subscriptions.c.created_by == member_id)
        .order_by(subscriptions.c.id)
    )
    return tuple(SourceKept(*row) for row in rows)


async def _answers(connection: AsyncConnection, member_id: int) -> tuple[AnswerKept, ...]:
    rows = await connection.execute(
        select(vote_answers.c.guild_id, vote_answers.c.verdict)
        .where(vote_answers.c.member_id == member_id)
        .order_by(vote_answers.c.guild_id, vote_answers.c.verdict)
    )
    return tuple(AnswerKept(*row) for row in rows)


async def _digests(connection: AsyncConnection, member_id: int) -> tuple[DigestKept, ...]:
    own = digest_schedules.c.member_id == member_id
    rows = await connection.execute(
        select(
            digest_schedules.c.guild_id,
            digest_schedules.c.channel_id,
            digest_schedules.c.member_id.is_not(None),
            digest_schedules.c.every,
            digest_schedules.c.hour,
            digest_schedules.c.zone,
            digest_schedules.c.created_at,
        )
        .where(or_(own, digest_schedules.c.created_by == member_id))
        .order_by(digest_schedules.c.id)
    )
    return tuple(DigestKept(*row) for row in rows)


async def _follows(connection: AsyncConnection, member_id: int) -> tuple[FollowKept, ...]:
    rows = await connection.execute(
        select(
            follows.c.guild_id,
            follows.c.kind,
            follows.c.wording,
            follows.c.channel_id,
            follows.c.gathered,
            follows.c.created_at,
        )
        .where(follows.c.member_id == member_id)
        .order_by(follows.c.id)
    )
    return tuple(FollowKept(*row) for row in rows)


async def _told(connection: AsyncConnection, member_id: int) -> tuple[TidingKept, ...]:
    rows = await connection.execute(
        select(
            tidings.c.guild_id,
            tidings.c.kind,
            articles.c.title,
            articles.c.url,
            tidings.c.comment_id,
            tidings.c.state == TidingState.TOLD,
            tidings.c.created_at,
        )
        .select_from(tidings)
        .outerjoin(comments, comments.c.message_id == tidings.c.comment_id)
        .join(articles, articles.c.id == func.coalesce(tidings.c.article_id, comments.c.article_id))
        .where(tidings.c.member_id == member_id)
        .order_by(tidings.c.id)
    )
    return tuple(TidingKept(*row) for row in rows)


async def _listener(connection: AsyncConnection, member_id: int) -> Listener | None:
    row = (
        await connection.execute(select(listeners).where(listeners.c.member_id == member_id))
    ).one_or_none()
    return read(Listener, listeners, row) if row else None
