"""What came into guilds where somebody follows something: noted in the transaction that stores it, to be matched.

Runs inside the caller's transaction, so that a bot that dies right after it misses nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, case, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import CommentSeen, FollowKind
from storage.rows import insert, portions
from storage.tables import arrivals, articles, comments, follows, merged, tidings


async def post_arrived(connection: AsyncConnection, guild_id: int, article_id: int, post_id: int) -> None:
    """Note that a post stands in its channel: its article can be seen there, and those that are named on it."""
    named = await connection.scalars(select(merged.c.article_id).where(merged.c.post_id == post_id))
    await articles_arrived(connection, guild_id, [article_id, *named])


async def articles_arrived(connection: AsyncConnection, guild_id: int, article_ids: Collection[int]) -> None:
    """Note articles that can be seen in a channel of a guild; nothing, where nobody follows any."""
    followed = exists().where(
        follows.c.guild_id == guild_id,
        follows.c.kind.in_([FollowKind.SOURCE, FollowKind.PHRASE, FollowKind.AUTHOR]),
    )
    for portion in portions(article_ids):
        await connection.execute(
            insert(connection, arrivals).from_select(
                ["guild_id", "article_id"],
                select(literal(guild_id), articles.c.id).where(articles.c.id.in_(portion), followed),
            )
        )


async def comment_arrived(connection: AsyncConnection, seen: CommentSeen) -> None:
    """Note a comment that is new; nothing, where nobody follows any."""
    followed = exists().where(
        follows.c.guild_id == seen.guild_id, follows.c.kind.in_([FollowKind.COMMENTS, FollowKind.REPLIES])
    )
    # Now: it may be deleted before the reply is told.
    parent = comments.alias("parent")
    answers = select(parent.c.author_id).where(parent.c.message_id == seen.reply_to_id).scalar_subquery()
    await connection.execute(
        insert(connection, arrivals).from_select(
            ["guild_id", "article_id", "comment_id", "answers"],
            select(comments.c.guild_id, comments.c.article_id, comments.c.message_id, answers).where(
                comments.c.message_id == seen.message_id, followed
            ),
        )
    )


async def match_again(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Note what tidings tell, to be matched once more for their members alone."""
    answers = case((tidings.c.kind == FollowKind.REPLIES, tidings.c.member_id))
    await connection.execute(
        insert(connection, arrivals).from_select(
            ["guild_id", "article_id", "comment_id", "answers", "member_id"],
            select(
                tidings.c.guild_id,
                func.coalesce(tidings.c.article_id, comments.c.article_id),
                tidings.c.comment_id,
                answers,
                tidings.c.member_id,
            )
            .select_from(tidings)
            .outerjoin(comments, comments.c.message_id == tidings.c.comment_id)
            .where(which),
        )
    )
