"""How long guilds keep what members said and voted, and what becomes of guilds that the bot left."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.erasing import erase_comments, erase_votes
from storage.guilds import ensure_guild
from storage.records import Erased
from storage.tables import (
    closed,
    comments,
    digest_schedules,
    feedback,
    follows,
    guilds,
    letters,
    members,
    nameless,
    over_limit,
    posts,
    reactions,
    standings,
    subscriptions,
    tidings,
)
from storage.tallies import Ranks

PORTION = 100
"""Comments, or messages with their votes, that are erased in one transaction."""

TIDINGS = 1000
"""What members were told, and are to be, as much of it as is erased in one transaction."""


class Retention:
    """What is kept no longer: what a guild keeps for a time only, and all of a guild that was left."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def kept_days(self, guild_id: int) -> int | None:
        """Answer for how many days a guild's comments and votes are kept; None for as long as the bot is there."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(guilds.c.kept_days).where(guilds.c.id == guild_id))

    async def keep_for(self, guild_id: int, days: int | None, now: datetime) -> None:
        """Record for how many days a guild's comments and votes are kept."""
        async with self._database.writing() as connection:
            await ensure_guild(connection, guild_id, now)
            await connection.execute(update(guilds).where(guilds.c.id == guild_id).values(kept_days=days))

    async def keeping_for_a_time(self) -> list[tuple[int, int]]:
        """List the guilds that keep comments and votes for a time only, with its days."""
        async with self._database.reading() as connection:
            found = await connection.execute(
                select(guilds.c.id, guilds.c.kept_days)
                .where(guilds.c.kept_days.is_not(None), guilds.c.left_at.is_(None))
                .order_by(guilds.c.id)
            )
            return [(guild_id, days) for guild_id, days in found if days is not None]

    async def erase_old(self, guild_id: int, before: datetime) -> Erased:
        """Erase a portion of a guild's comments and votes from before then; to be called until there is no `more`."""
        # Looked for without writing: of a guild with many articles that takes a while, and mostly nothing is found.
        async with self._database.reading() as connection:
            written = await _old_comments(connection, guild_id, before)
            voted = [] if written else await _with_old_votes(connection, guild_id, before)
            on_its_way = and_(feedback.c.guild_id == guild_id, feedback.c.created_at < before)
            lost = await connection.scalar(select(exists().where(on_its_way)))
        if not written and not voted and not lost:
            return Erased()
        async with self._database.writing() as connection:
            await connection.execute(delete(feedback).where(on_its_way))
            if written:
                these = comments.c.message_id.in_(written)
                return Erased(comments=await erase_comments(connection, self._ranks, these), more=True)
            old = reactions.c.reacted_at < before
            return Erased(votes=await erase_votes(connection, self._ranks, voted, old), more=True)

    async def left(self, before: datetime) -> list[int]:
        """List the guilds that the bot left by then and has not come back to."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(guilds.c.id).where(guilds.c.left_at <= before).order_by(guilds.c.left_at)
            )
            return list(found)

    async def erase_guild(self, guild_id: int, before: datetime) -> Erased:
        """Erase a portion of a guild that the bot left by then; to be called until there is no `more`.

        The guild itself goes last, with all that is wired to it. Sources and articles belong to no guild and stay.
        """
        async with self._database.writing() as connection:
            # Who comes back at this moment is waited for, or waits and finds what is left.
            there = await connection.scalar(
                select(guilds.c.id)
                .where(guilds.c.id == guild_id, guilds.c.left_at <= before)
                .with_for_update()
            )
            if there is None:
                return Erased()
            if erased := await _erase_comments_of(connection, guild_id):
                return Erased(comments=erased, more=True)
            some = await connection.scalars(
                select(posts.c.id).where(posts.c.guild_id == guild_id).order_by(posts.c.id).limit(PORTION)
            )
            if post_ids := some.all():
                votes = await connection.execute(delete(reactions).where(reactions.c.post_id.in_(post_ids)))
                await connection.execute(delete(posts).where(posts.c.id.in_(post_ids)))
                return Erased(votes=votes.rowcount, more=True)
            some_told = select(tidings.c.id).where(tidings.c.guild_id == guild_id).limit(TIDINGS)
            told = await connection.execute(
                delete(tidings).where(tidings.c.id.in_(some_told.scalar_subquery()))
            )
            if told.rowcount == TIDINGS:
                return Erased(more=True)
            for table in (
                *(letters, follows, standings, subscriptions, members, nameless, closed, feedback),
                *(digest_schedules, over_limit),
            ):
                await connection.execute(delete(table).where(table.c.guild_id == guild_id))
            await connection.execute(delete(guilds).where(guilds.c.id == guild_id))
            return Erased()


async def _old_comments(connection: AsyncConnection, guild_id: int, before: datetime) -> list[int]:
    found = await connection.scalars(
        select(comments.c.message_id)
        .where(comments.c.guild_id == guild_id, comments.c.created_at < before)
        .order_by(comments.c.created_at)
        .limit(PORTION)
    )
    return list(found)


async def _with_old_votes(connection: AsyncConnection, guild_id: int, before: datetime) -> list[int]:
    """List messages of posts that carry votes from before then. (Votes on a comment go with it.)"""
    found = await connection.scalars(
        select(reactions.c.message_id)
        .select_from(standings)
        .join(posts, and_(posts.c.article_id == standings.c.article_id, posts.c.guild_id == guild_id))
        .join(reactions, reactions.c.post_id == posts.c.id)
        .where(
            standings.c.guild_id == guild_id,
            standings.c.posted_at < before,
            reactions.c.reacted_at < before,
        )
        .distinct()
        .limit(PORTION)
    )
    return list(found)


async def _erase_comments_of(connection: AsyncConnection, guild_id: int) -> int:
    """Erase a portion of a guild's comments. Its standings go too, so nothing is counted anew."""
    portion = (
        select(comments.c.message_id)
        .where(comments.c.guild_id == guild_id)
        .order_by(comments.c.created_at)
        .limit(PORTION)
        .scalar_subquery()
    )
    erased = await connection.execute(delete(comments).where(comments.c.message_id.in_(portion)))
    return erased.rowcount
