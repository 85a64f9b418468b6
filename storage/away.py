"""Channels that can't be posted to for now: since when, why, and whether anybody was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import AwayToTell
from storage.rows import insert
from storage.tables import (
    UNFINISHED,
    UNSENT,
    away_channels,
    digest_articles,
    digest_schedules,
    digests,
    guilds,
    posts,
    subscriptions,
)

_UNTOLD = away_channels.c.told_at.is_(None)


async def come_back(connection: AsyncConnection, channel_id: int, now: datetime) -> None:
    """Note, within the caller's transaction, that a channel was posted to: one that was away is so no more.

    What was put off there is due now.
    """
    if await forget_away(connection, away_channels.c.channel_id == channel_id):
        await _try_now(connection, channel_id, now)


async def _try_now(connection: AsyncConnection, channel_id: int, now: datetime) -> None:
    """Have what was put off in a channel be due now."""
    await connection.execute(
        update(posts)
        # A post without a problem waits for its article to be read, and for nothing else.
        .where(
            posts.c.channel_id == channel_id, UNFINISHED, posts.c.due_at > now, posts.c.problem.is_not(None)
        )
        .values(due_at=now)
    )
    await connection.execute(
        update(digests)
        .where(digests.c.channel_id == channel_id, UNSENT, digests.c.due_at > now)
        .values(due_at=now)
    )


async def forget_away(connection: AsyncConnection, which: ColumnElement[bool]) -> bool:
    """Forget channels that are away, within the caller's transaction; answers whether there were any."""
    return (await connection.execute(delete(away_channels).where(which))).rowcount > 0


class Away:
    """The channels that are away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, channel_id: int, guild_id: int, now: datetime, sentence: str) -> None:
        """Note that a channel can't be posted to; one that is away already is so since it was first noted."""
        async with self._database.writing() as connection:
            noting = insert(connection, away_channels)
            await connection.execute(
                noting.values(
                    channel_id=channel_id, guild_id=guild_id, since=now, sentence=sentence
                ).on_conflict_do_update(
                    index_elements=["channel_id"], set_={"sentence": noting.excluded.sentence}
                )
            )

    async def back(self, channel_id: int, now: datetime) -> bool:
        """Note that a channel may be usable again: all that waits for it is due now; False if it was not away.

        Where something waits it stays away, since when it was, until that has gone: Discord may still refuse it, and
        its admins would never be told if each change there began its absence anew.
        """
        this = away_channels.c.channel_id == channel_id
        waits = or_(
            exists().where(posts.c.channel_id == channel_id, UNFINISHED),
            exists().where(digests.c.channel_id == channel_id, UNSENT),
        )
        async with self._database.writing() as connection:
            if await forget_away(connection, and_(this, ~waits)):
                return True
            if not await connection.scalar(select(exists().where(this))):
                return False
            await _try_now(connection, channel_id, now)
            return True

    async def of_guild(self, guild_id: int) -> frozenset[int]:
        """Answer which of a guild's channels are away."""
        async with self._database.reading() as connection:
            return frozenset(
                await connection.scalars(
                    select(away_channels.c.channel_id).where(away_channels.c.guild_id == guild_id)
                )
            )

    async def due(self, before: datetime, limit: int) -> list[AwayToTell]:
        """List channels that are away since `before` at the latest and of which nobody was told, longest away first.

        Only such to which there are subscriptions, or digests are wired.
        """
        subscribed = or_(
            exists().where(subscriptions.c.channel_id == away_channels.c.channel_id),
            exists().where(
                digest_schedules.c.channel_id == away_channels.c.channel_id,
                digest_schedules.c.member_id.is_(None),
            ),
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(away_channels)
                .join(guilds, guilds.c.id == away_channels.c.guild_id)
                .where(
                    away_channels.c.since <= before,
                    _UNTOLD,
                    guilds.c.left_at.is_(None),
                    subscribed,
                )
                .order_by(away_channels.c.since, away_channels.c.channel_id)
                .limit(limit)
            )
            return [
                AwayToTell(
                    channel_id=row.channel_id,
                    guild_id=row.guild_id,
                    since=row.since,
                    sentence=row.sentence,
                    waiting=await _waiting(connection, row.channel_id),
                    other_channels=await _others(connection, row.guild_id),
                    created_by=await _subscribers(connection, row.channel_id),
                )
                for row in rows.all()
            ]

    async def mark(self, notice: AwayToTell, now: datetime) -> bool:
        """Note, before it is told, that the channel's guild is told now; False where it was, or the channel is back."""
        own = and_(
            away_channels.c.channel_id == notice.channel_id, away_channels.c.since == notice.since, _UNTOLD
        )
        return bool(await self._tell(own, now))

    async def mark_others(self, notice: AwayToTell, now: datetime) -> tuple[int, ...]:
        """Note that the guild is told of all its other channels that are away, too; answers of which, by id."""
        return await self._tell(and_(away_channels.c.guild_id == notice.guild_id, _UNTOLD), now)

    async def unmark(self, notice: AwayToTell, marked_at: datetime) -> None:
        """Note that nobody was told after all, of this channel and of the others that were marked with it."""
        marked = and_(away_channels.c.guild_id == notice.guild_id, away_channels.c.told_at == marked_at)
        await self._tell(marked, None)

    async def _tell(self, which: ColumnElement[bool], told_at: datetime | None) -> tuple[int, ...]:
        async with self._database.writing() as connection:
            told = await connection.scalars(
                update(away_channels)
                .where(which)
                .values(told_at=told_at)
                .returning(away_channels.c.channel_id)
            )
            return tuple(sorted(told))


async def _waiting(connection: AsyncConnection, channel_id: int) -> int:
    """Count the articles that are not in a channel yet."""
    on_their_own = select(func.count()).where(
        posts.c.channel_id == channel_id, UNFINISHED, posts.c.message_id.is_(None)
    )
    gathered = (
        select(func.count())
        .select_from(digests)
        .join(digest_articles, digest_articles.c.digest_id == digests.c.id)
        .where(
            digests.c.channel_id == channel_id,
            UNSENT,
            or_(digests.c.schedule_id.is_(None), digest_articles.c.over),
        )
    )
    return (await connection.scalar(on_their_own) or 0) + (await connection.scalar(gathered) or 0)


async def _others(connection: AsyncConnection, guild_id: int) -> tuple[int, ...]:
    """A guild's channels with subscriptions that are not away."""
    away = exists().where(away_channels.c.channel_id == subscriptions.c.channel_id)
    return tuple(
        await connection.scalars(
            select(subscriptions.c.channel_id)
            .where(subscriptions.c.guild_id == guild_id, ~away)
            .distinct()
            .order_by(subscriptions.c.channel_id)
        )
    )


async def _subscribers(connection: AsyncConnection, channel_id: int) -> tuple[int, ...]:
    """The members who subscribed in a channel, the first one first."""
    found = await connection.scalars(
        select(subscriptions.c.created_by)
        .where(subscriptions.c.channel_id == channel_id, subscriptions.c.created_by.is_not(None))
        .order_by(subscriptions.c.id)
    )
    return tuple(dict.fromkeys(member for member in found if member is not None))
