"""Who is to be told that a source fails: subscriptions, each once for each time that its source fails for long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import literal_column, or_, select, update

from storage.database import Database
from storage.records import NoticeToTell, Source
from storage.rows import read
from storage.tables import guilds, sources, subscriptions


class Notices:
    """What channels were told of their sources' failures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, failing_before: datetime, after_id: int, limit: int) -> list[NoticeToTell]:
        """List subscriptions above this id, by id, whose channel was not told yet of the failure that there is.

        Their sources fail since `failing_before` at the latest, or are gone for good.
        """
        gone = sources.c.next_poll_at.is_(None)
        # No column, so that SQLite begins with the few sources that fail and not with all subscriptions.
        failing = select(sources.c.id).where(sources.c.failing_since.is_not(None))
        by_id = subscriptions.c.id + literal_column("0")
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(subscriptions, sources)
                .join(sources, sources.c.id == subscriptions.c.source_id)
                .join(guilds, guilds.c.id == subscriptions.c.guild_id)
                .where(
                    subscriptions.c.source_id.in_(failing),
                    or_(sources.c.failing_since <= failing_before, gone),
                    or_(
                        subscriptions.c.told_at.is_(None),
                        subscriptions.c.told_at < sources.c.failing_since,
                    ),
                    guilds.c.left_at.is_(None),
                    by_id > after_id,
                )
                .order_by(by_id)
                .limit(limit)
            )
            own = subscriptions.c
            return [
                NoticeToTell(
                    subscription_id=row._mapping[own.id],
                    guild_id=row._mapping[own.guild_id],
                    channel_id=row._mapping[own.channel_id],
                    told_at=row._mapping[own.told_at],
                    source=read(Source, sources, row),
                )
                for row in rows
            ]

    async def mark(self, notice: NoticeToTell, now: datetime) -> bool:
        """Note, before it is told, that the channel is told now; False where somebody noted it before."""
        return await self._set(notice, notice.told_at, now)

    async def unmark(self, notice: NoticeToTell, marked_at: datetime) -> None:
        """Note that the channel surely was not told after all."""
        await self._set(notice, marked_at, notice.told_at)

    async def _set(self, notice: NoticeToTell, before: datetime | None, told_at: datetime | None) -> bool:
        async with self._database.writing() as connection:
            marked = await connection.execute(
                update(subscriptions)
                .where(
                    subscriptions.c.id == notice.subscription_id,
                    subscriptions.c.told_at.is_not_distinct_from(before),
                )
                .values(told_at=told_at)
            )
            return marked.rowcount == 1
