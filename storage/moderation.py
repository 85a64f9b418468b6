"""What a guild's managers do about comments: hide one, close an article's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, func, select, update

from storage.database import Database
from storage.rows import insert
from storage.tables import closed, comments, posts
from storage.tallies import Ranks, lock, recount


class Moderation:
    """Hidden comments stay stored, as they stand in Discord, and are neither listed nor counted."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def hide(self, guild_id: int, message_id: int, *, hidden: bool) -> bool:
        """Hide a comment, or show it again. False: the guild has no such comment."""
        async with self._database.writing() as connection:
            this = and_(comments.c.message_id == message_id, comments.c.guild_id == guild_id)
            article_id = await connection.scalar(select(comments.c.article_id).where(this))
            if article_id is None:
                return False
            await lock(connection, [(article_id, guild_id)])
            changed = await connection.execute(update(comments).where(this).values(hidden=hidden))
            await recount(connection, self._ranks, [(article_id, guild_id)])
            return changed.rowcount > 0

    async def close(self, guild_id: int, article_id: int, at: datetime) -> bool:
        """Take no comments any more that are written after `at`. False: it was closed before."""
        async with self._database.writing() as connection:
            made = await connection.scalar(
                insert(connection, closed)
                .values(article_id=article_id, guild_id=guild_id, closed_at=at)
                .on_conflict_do_nothing(index_elements=["article_id", "guild_id"])
                .returning(closed.c.article_id)
            )
            return made is not None

    async def reopen(self, guild_id: int, article_id: int) -> bool:
        """Take comments again. False: it was not closed."""
        async with self._database.writing() as connection:
            gone = await connection.execute(
                delete(closed).where(closed.c.article_id == article_id, closed.c.guild_id == guild_id)
            )
            return gone.rowcount > 0

    async def closed_at(self, guild_id: int, article_id: int) -> datetime | None:
        """Answer since when an article takes no comments in a guild, if it takes none."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(closed.c.closed_at).where(
                    closed.c.article_id == article_id, closed.c.guild_id == guild_id
                )
            )

    async def threads(self, guild_id: int, article_id: int) -> list[int]:
        """List the threads of an article's posts in a guild, and those that members may have made from their messages.

        Such a thread has its message's id, and is not noted before it is read.
        """
        thread_id = func.coalesce(posts.c.thread_id, posts.c.message_id)
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(thread_id)
                .where(
                    posts.c.article_id == article_id,
                    posts.c.guild_id == guild_id,
                    thread_id.is_not(None),
                )
                .order_by(posts.c.id)
            )
            return [one for one in found if one is not None]
