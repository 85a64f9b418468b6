"""Guilds: the servers that the bot is in or was, their names and languages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.away import forget_away
from storage.database import Database
from storage.records import PostState, TidingState
from storage.rows import insert
from storage.sources import soon, wanted
from storage.tables import (
    SENT,
    UNFINISHED,
    UNSENT,
    UNSENT_LETTER,
    arrivals,
    away_channels,
    digests,
    guilds,
    letters,
    posts,
    sources,
    subscriptions,
    tidings,
    vote_emoji,
)
from storage.vote_rules import USUAL_EMOJI, rows_of


async def ensure_guild(connection: AsyncConnection, guild_id: int, now: datetime) -> None:
    """Have a row for the guild, within the caller's transaction: others refer to it before Discord told its name."""
    made = await connection.scalar(
        insert(connection, guilds)
        .values(id=guild_id, joined_at=now)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(guilds.c.id)
    )
    if made is not None:
        await connection.execute(insert(connection, vote_emoji), rows_of(guild_id, USUAL_EMOJI))


async def _give_up(connection: AsyncConnection, guild_id: int) -> None:
    """Remove what waits for a guild that the bot left; what may have been sent is looked for should it come back."""
    await connection.execute(
        delete(posts).where(posts.c.guild_id == guild_id, UNFINISHED, posts.c.state == PostState.READY)
    )
    await connection.execute(
        delete(digests).where(digests.c.guild_id == guild_id, UNSENT, digests.c.state == PostState.READY)
    )
    for table, what in (
        (arrivals, true()),
        (tidings, tidings.c.state != TidingState.TOLD),
        (letters, UNSENT_LETTER),
    ):
        await connection.execute(delete(table).where(table.c.guild_id == guild_id, what))
    await forget_away(connection, away_channels.c.guild_id == guild_id)


class Guilds:
    """Guilds, as Discord tells of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, guild_id: int, name: str, now: datetime) -> bool:
        """Record that the bot is in a guild of this name. True: it had left it, and what happened there was missed.

        There subscriptions begin anew: with their newest articles, not with all that was missed.
        """
        async with self._database.writing() as connection:
            await ensure_guild(connection, guild_id, now)
            came_back = await connection.scalar(
                update(guilds)
                .where(guilds.c.id == guild_id, guilds.c.left_at.is_not(None))
                .values(left_at=None, joined_at=now)
                .returning(guilds.c.id)
            )
            await connection.execute(update(guilds).where(guilds.c.id == guild_id).values(name=name))
            if came_back is None:
                return False
            # Something may have been queued while the bot was being removed.
            await _give_up(connection, guild_id)
            own = subscriptions.c.guild_id == guild_id
            await connection.execute(update(subscriptions).where(own).values(started_at=None))
            await connection.execute(
                update(sources)
                .where(sources.c.id.in_(select(subscriptions.c.source_id).where(own)))
                .values(next_poll_at=soon(now), etag=None, last_modified=None, digest=None)
            )
            # Nobody looked after them meanwhile.
            stand = and_(posts.c.guild_id == guild_id, SENT, posts.c.swept_at.is_(None))
            await connection.execute(update(posts).where(stand).values(swept_at=now))
            return True

    async def left(self, guild_id: int, now: datetime) -> None:
        """Record that the bot is no longer in a guild: nothing is posted there, and its sources may idle."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(guilds).where(guilds.c.id == guild_id, guilds.c.left_at.is_(None)).values(left_at=now)
            )
            await _give_up(connection, guild_id)
            await connection.execute(
                update(sources)
                .where(
                    sources.c.id.in_(
                        select(subscriptions.c.source_id).where(subscriptions.c.guild_id == guild_id)
                    ),
                    ~wanted(),
                )
                .values(next_poll_at=None)
            )

    async def present(self) -> list[int]:
        """List the guilds that the bot was last known to be in."""
        async with self._database.reading() as connection:
            return list(await connection.scalars(select(guilds.c.id).where(guilds.c.left_at.is_(None))))

    async def summary_language(self, guild_id: int) -> str | None:
        """Answer in which language (ISO 639-1) a guild wants its summaries; None for the articles' own."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(guilds.c.summary_language).where(guilds.c.id == guild_id))

    async def want_language(self, guild_id: int, language: str | None, now: datetime) -> None:
        """Record in which language a guild wants its summaries from now on."""
        async with self._database.writing() as connection:
            await ensure_guild(connection, guild_id, now)
            await connection.execute(
                update(guilds).where(guilds.c.id == guild_id).values(summary_language=language)
            )

    async def tell_withheld(self, guild_id: int, now: datetime) -> tuple[int, ...] | None:
        """Note, before it is told, that a guild's admins are told now that members' words are withheld.

        Answers who subscribed there, the first one first; None where they were told before.
        """
        async with self._database.writing() as connection:
            await ensure_guild(connection, guild_id, now)
            marked = await connection.execute(
                update(guilds)
                .where(guilds.c.id == guild_id, guilds.c.withheld_at.is_(None))
                .values(withheld_at=now)
            )
            if not marked.rowcount:
                return None
            found = await connection.scalars(
                select(subscriptions.c.created_by)
                .where(subscriptions.c.guild_id == guild_id, subscriptions.c.created_by.is_not(None))
                .order_by(subscriptions.c.id)
            )
            return tuple(dict.fromkeys(member for member in found if member is not None))

    async def withheld_untold(self, guild_id: int) -> None:
        """Note that they surely were not told after all."""
        async with self._database.writing() as connection:
            await connection.execute(update(guilds).where(guilds.c.id == guild_id).values(withheld_at=None))

    async def name(self, guild_id: int) -> str | None:
        """Answer the guild's name, if it is known."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(guilds.c.name).where(guilds.c.id == guild_id))
