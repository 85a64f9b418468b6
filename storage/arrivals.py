"""What came into guilds where somebody follows something: noted in the transaction that stores it, to be matched.

Runs inside the caller's transaction, so that a bot that dies right after it misses nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import FollowKind
from storage.rows import insert, portions
from storage.tables import arrivals, articles, follows, merged
from storage.types import RowId


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


async def comment_arrived(
    connection: AsyncConnection, guild_id: int, article_id: int, comment_id: int
) -> None:
    """Note a comment that is new; nothing, where nobody follows any."""
    followed = exists().where(
        follows.c.guild_id == guild_id, follows.c.kind.in_([FollowKind.COMMENTS, FollowKind.REPLIES])
    )
    await connection.execute(
        insert(connection, arrivals).from_select(
            ["guild_id", "article_id", "comment_id"],
            select(literal(guild_id), literal(article_id, RowId), literal(comment_id)).where(followed),
        )
    )
