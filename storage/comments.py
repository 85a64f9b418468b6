"""Comments: messages that are comments, kept as Discord shows them; a deletion is a real deletion."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    func,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.arrivals import comment_arrived
from storage.database import Database
from storage.erasing import erase_comments, forgotten_among
from storage.records import After, Comment, CommentSeen, Tally
from storage.rows import insert, portions
from storage.tables import comments, guilds, members, posts
from storage.tallies import Ranks, lock, recount


def _comments() -> Select[*tuple[Any, ...]]:
    return select(comments, members.c.name).join(
        members,
        and_(members.c.guild_id == comments.c.guild_id, members.c.member_id == comments.c.author_id),
    )


def _read(row: Any) -> Comment:
    return Comment(
        message_id=row.message_id,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        article_id=row.article_id,
        reply_to_id=row.reply_to_id,
        author_id=row.author_id,
        author_name=row.name,
        text=row.text,
        quote=row.quote,
        created_at=row.created_at,
        edited_at=row.edited_at,
        tally=Tally(row.upvotes, row.downvotes),
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def select_comments(connection: AsyncConnection, *which: ColumnElement[bool]) -> list[Comment]:
    """Read some comments with their authors' names, within the caller's transaction."""
    return [_read(row) for row in await connection.execute(_comments().where(*which))]


MOST = 5000
"""Comments of one article that are listed, at most."""

First = Literal["newest", "oldest", "most_voted"]

_ORDERS: dict[First, tuple[ColumnElement[Any], ...]] = {
    "newest": (comments.c.created_at.desc(), comments.c.message_id.desc()),
    "oldest": (comments.c.created_at, comments.c.message_id),
    "most_voted": (
        comments.c.rank,
        comments.c.message_id,
    ),
}


def _beyond(first: First, after: After) -> ColumnElement[bool]:
    value, message_id = after
    if first == "most_voted":
        return tuple_(comments.c.rank, comments.c.message_id) > (-value, message_id)
    moment = _EPOCH + timedelta(milliseconds=value)
    key = tuple_(comments.c.created_at, comments.c.message_id)
    return key < (moment, message_id) if first == "newest" else key > (moment, message_id)


def _shown(
    table: FromClause, guild_id: int, article_id: int, places: Collection[int]
) -> tuple[ColumnElement[bool], ...]:
    """Say which comments are listed: of the table or an alias of it."""
    return (
        table.c.article_id == article_id,
        table.c.guild_id == guild_id,
        table.c.channel_id.in_(places),
        ~table.c.hidden,
    )


async def _places(
    connection: AsyncConnection, guild_id: int, article_id: int, visible: Collection[int]
) -> set[int]:
    """Find where an article's comments may be seen: a thread on a post is as visible as the post's channel."""
    threads = await connection.execute(
        select(posts.c.message_id, posts.c.thread_id).where(
            posts.c.article_id == article_id,
            posts.c.guild_id == guild_id,
            posts.c.channel_id.in_(visible),
        )
    )
    # A thread that a member made from a message has that message's id.
    return {*visible, *(thread_id for row in threads for thread_id in row if thread_id is not None)}


async def keep_comment(connection: AsyncConnection, ranks: Ranks, seen: CommentSeen) -> bool:
    """Store a comment within the caller's transaction; see `Comments.record`."""
    if await forgotten_among(connection, (seen.author_id,)):
        return False
    await lock(connection, [(seen.article_id, seen.guild_id)])
    await connection.execute(
        insert(connection, members)
        .values(guild_id=seen.guild_id, member_id=seen.author_id, name=seen.author_name)
        .on_conflict_do_update(index_elements=["guild_id", "member_id"], set_={"name": seen.author_name})
    )
    shown = {"text": seen.text, "quote": seen.quote, "edited_at": seen.edited_at}
    made = await connection.scalar(
        insert(connection, comments)
        .values(
            message_id=seen.message_id,
            guild_id=seen.guild_id,
            channel_id=seen.channel_id,
            article_id=seen.article_id,
            reply_to_id=seen.reply_to_id,
            author_id=seen.author_id,
            created_at=seen.created_at,
            feedback_id=seen.feedback_id,
            upvotes=0,
            downvotes=0,
            **shown,
        )
        .on_conflict_do_nothing(index_elements=["message_id"])
        .returning(comments.c.message_id)
    )
    if made is None:
        await connection.execute(
            update(comments).where(comments.c.message_id == seen.message_id).values(shown)
        )
    else:
        await recount(connection, ranks, [(seen.article_id, seen.guild_id)])
        await comment_arrived(connection, seen)
    return made is not None


class Comments:
    """Comments and the number of them in an article's standing."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def record(self, seen: CommentSeen) -> bool:
        """Store a comment as it is shown now, and its author's name. True: it was new.

        Of who is forgotten nothing is stored.
        """
        async with self._database.writing() as connection:
            return await keep_comment(connection, self._ranks, seen)

    async def remove(self, message_ids: Collection[int]) -> int:
        """Erase comments with the votes on them; answers how many there were."""
        ours = await self._ours(message_ids)
        if not ours:
            return 0
        removed = 0
        async with self._database.writing() as connection:
            for portion in portions(ours):
                removed += await erase_comments(connection, self._ranks, comments.c.message_id.in_(portion))
        return removed

    async def _ours(self, message_ids: Collection[int]) -> list[int]:
        """Find the comments among messages without writing: nearly all that is deleted in a guild is none."""
        found: list[int] = []
        async with self._database.reading() as connection:
            for portion in portions(message_ids):
                found += await connection.scalars(
                    select(comments.c.message_id).where(comments.c.message_id.in_(portion))
                )
        return found

    async def remove_channel(self, channel_id: int) -> int:
        """Erase all comments of a channel that is gone, or thread, and of the threads on a channel's posts.

        Answers how many there were. A thread that a member made from a message has that message's id.
        """
        here = posts.c.channel_id == channel_id
        threads = union_all(
            select(posts.c.thread_id).where(here, posts.c.thread_id.is_not(None)),
            select(posts.c.message_id).where(here, posts.c.message_id.is_not(None)),
        )
        async with self._database.writing() as connection:
            in_channel = await erase_comments(connection, self._ranks, comments.c.channel_id == channel_id)
            return in_channel + await erase_comments(
                connection, self._ranks, comments.c.channel_id.in_(threads)
            )

    async def get(self, message_id: int) -> Comment | None:
        """Find a comment by its message."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(_comments().where(comments.c.message_id == message_id))
            ).one_or_none()
            return _read(row) if row else None

    async def last_by(self, author_id: int, channel_id: int) -> datetime | None:
        """Answer when a member last wrote a comment in a channel or thread; None: never."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(comments.c.created_at)
                .where(comments.c.author_id == author_id, comments.c.channel_id == channel_id)
                .order_by(comments.c.message_id.desc())
                .limit(1)
            )

    async def of_article(
        self, guild_id: int, article_id: int, first: First, limit: int = MOST, *, visible: Collection[int]
    ) -> tuple[list[Comment], bool]:
        """List an article's comments in a guild in this order, and whether those beyond `limit` were left out.

        Hidden ones are not listed.

        `visible` are ids of channels and threads. A thread on a post is as visible as the post's channel.
        """
        async with self._database.reading() as connection:
            places = await _places(connection, guild_id, article_id, visible)
            rows = (
                await connection.execute(
                    _comments()
                    .where(*_shown(comments, guild_id, article_id, places))
                    .order_by(*_ORDERS[first])
                    .limit(limit + 1)
                )
            ).all()
        return [_read(row) for row in rows[:limit]], len(rows) > limit

    async def tops(
        self,
        guild_id: int,
        article_id: int,
        first: First,
        limit: int,
        after: After | None = None,
        *,
        visible: Collection[int],
    ) -> list[Comment]:
        """List some of an article's comments that answer none that is listed, in this order, `after` one of them.

        Who is listed is as in `of_article`.
        """
        parent = comments.alias()
        async with self._database.reading() as connection:
            places = await _places(connection, guild_id, article_id, visible)
            answers = exists().where(
                parent.c.message_id == comments.c.reply_to_id,
                parent.c.message_id < comments.c.message_id,
                *_shown(parent, guild_id, article_id, places),
            )
            conditions = [*_shown(comments, guild_id, article_id, places), ~answers]
            if after is not None:
                conditions.append(_beyond(first, after))
            rows = await connection.execute(
                _comments().where(*conditions).order_by(*_ORDERS[first]).limit(limit)
            )
            return [_read(row) for row in rows]

    async def branches(
        self,
        guild_id: int,
        article_id: int,
        top_ids: Collection[int],
        limit: int = MOST,
        *,
        visible: Collection[int],
    ) -> list[Comment]:
        """List these comments of an article and what answers them, at any depth: at most `limit`, the nearest first.

        Who is listed is as in `of_article`.
        """
        async with self._database.reading() as connection:
            places = await _places(connection, guild_id, article_id, visible)
            tops = _shown(comments, guild_id, article_id, places)
            branch = (
                select(comments.c.message_id)
                .where(comments.c.message_id.in_(top_ids), *tops)
                .cte("wanted", recursive=True)
            )
            reply = comments.alias()
            # The index of replies finds each step's few; a planner without statistics would read the whole article for
            # each link of a long chain. So what could lead it there is no plain column, and (for PostgreSQL, which
            # guesses many rows where mostly there is one) an offset keeps the step a question of its own.
            answers = select(reply.c.message_id).where(
                reply.c.reply_to_id == branch.c.message_id,
                reply.c.message_id > branch.c.message_id,
                reply.c.article_id + 0 == article_id,
                reply.c.guild_id + 0 == guild_id,
                (reply.c.channel_id + 0).in_(places),
                ~reply.c.hidden,
            )
            if connection.dialect.name == "postgresql":
                each = answers.correlate(branch).offset(0).lateral()
                answers = select(each.c.message_id).select_from(branch.join(each, true()))
            branch = branch.union_all(answers)
            near = select(branch.c.message_id).limit(limit).subquery("one")
            rows = await connection.execute(
                _comments().join(near, near.c.message_id == comments.c.message_id)
            )
            return [_read(row) for row in rows]

    async def places(self, after: int) -> list[tuple[int, int, int]]:
        """List the channels and threads with comments of ids above `after`: guild, channel, the first such comment."""
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(comments.c.guild_id, comments.c.channel_id, func.min(comments.c.message_id))
                .join(guilds, guilds.c.id == comments.c.guild_id)
                .where(comments.c.message_id > after, guilds.c.left_at.is_(None))
                .group_by(comments.c.guild_id, comments.c.channel_id)
                .order_by(comments.c.guild_id, comments.c.channel_id)
            )
            return [(guild_id, channel_id, first_id) for guild_id, channel_id, first_id in found]

    async def ids_in_channel(self, channel_id: int, after: int) -> list[int]:
        """List a channel's comments with ids above `after`, to be compared with what Discord still shows."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(comments.c.message_id)
                .where(comments.c.channel_id == channel_id, comments.c.message_id > after)
                .order_by(comments.c.message_id)
            )
            return list(found)
