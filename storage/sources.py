"""Sources: what is due to be polled, and how polls ended that brought no articles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal, null, select, update

from storage.database import Database
from storage.outbox import queue
from storage.records import Source, SourceListed
from storage.rows import insert, read
from storage.tables import articles, guilds, sources, subscriptions
from storage.types import UtcDateTime


def wanted() -> ColumnElement[bool]:
    """Say whether a subscription of a guild that the bot is in wants the source of the surrounding statement."""
    return exists(
        select(subscriptions.c.id)
        .join(guilds, guilds.c.id == subscriptions.c.guild_id)
        .where(subscriptions.c.source_id == sources.c.id, guilds.c.left_at.is_(None))
        .correlate(sources)
    )


def next_poll(at: datetime | None) -> ColumnElement[Any]:
    """Say when the source of the surrounding statement is to be polled: never while nothing wants it."""
    return null() if at is None else case((wanted(), literal(at, UtcDateTime)), else_=null())


class Sources:
    """Sources, as they are polled and listed."""

    def __init__(self, database: Database, nonce: Callable[[], str]) -> None:
        self._database = database
        self._nonce = nonce

    async def add(self, url: str, title: str, link: str | None, icon_url: str | None) -> Source:
        """Get the source with this URL, or make it; a new one is idle until something wants it."""
        async with self._database.writing() as connection:
            await connection.execute(
                insert(connection, sources)
                .values(url=url, title=title, link=link, icon_url=icon_url, failures=0)
                .on_conflict_do_nothing(index_elements=["url"])
            )
            row = (await connection.execute(select(sources).where(sources.c.url == url))).one()
            return read(Source, sources, row)

    async def get(self, source_id: int) -> Source | None:
        """Find a source by its id."""
        return await self._one(sources.c.id == source_id)

    async def by_url(self, url: str) -> Source | None:
        """Find a source by its exact URL."""
        return await self._one(sources.c.url == url)

    async def _one(self, condition: ColumnElement[bool]) -> Source | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(sources).where(condition))).one_or_none()
            return read(Source, sources, row) if row else None

    async def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Source]:
        """Claim the sources that are due, longest due first, by moving their next poll to the lease's end.

        Whoever dies with a claim loses nothing: the source is due again when the lease has ended.
        """
        async with self._database.writing() as connection:
            due = await connection.execute(
                select(sources)
                .where(sources.c.next_poll_at <= now)
                .order_by(sources.c.next_poll_at, sources.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            claimed = [read(Source, sources, row) for row in due]
            await connection.execute(
                update(sources)
                .where(sources.c.id.in_([source.id for source in claimed]))
                .values(next_poll_at=now + lease)
            )
            return claimed

    async def next_due_at(self) -> datetime | None:
        """Answer when the next source is due; None while nothing is to be polled."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(sources.c.next_poll_at)
                .where(sources.c.next_poll_at.is_not(None))
                .order_by(sources.c.next_poll_at)
                .limit(1)
            )

    async def unchanged(
        self,
        source_id: int,
        etag: str | None,
        last_modified: str | None,
        digest: str | None,
        next_poll_at: datetime,
        now: datetime,
    ) -> None:
        """Record a poll that succeeded and brought nothing new; subscriptions made meanwhile get their newest."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(
                    etag=etag,
                    last_modified=last_modified,
                    digest=digest,
                    next_poll_at=next_poll(next_poll_at),
                    last_polled_at=now,
                    last_success_at=now,
                    failures=0,
                    problem=None,
                )
            )
            await queue(connection, source_id, (), self._nonce, now)

    async def failed(
        self, source_id: int, problem: str, next_poll_at: datetime | None, now: datetime
    ) -> None:
        """Record a poll that failed; without a next poll the source is gone for good."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(
                    next_poll_at=next_poll(next_poll_at),
                    last_polled_at=now,
                    failures=sources.c.failures + 1,
                    problem=problem,
                )
            )

    async def poll_soon(self, source_id: int | None, now: datetime) -> int:
        """Make one source due now (even one that nothing wants), or all that are wanted; answers how many."""
        chosen = wanted() if source_id is None else sources.c.id == source_id
        async with self._database.writing() as connection:
            moved = await connection.execute(update(sources).where(chosen).values(next_poll_at=now))
            return moved.rowcount

    async def listed(self, limit: int = 100, offset: int = 0) -> list[SourceListed]:
        """List sources in the order they were added, with what they are wired to and have brought."""
        wishes = (
            select(func.count())
            .select_from(subscriptions)
            .where(subscriptions.c.source_id == sources.c.id)
            .scalar_subquery()
        )
        brought = (
            select(func.count())
            .select_from(articles)
            .where(articles.c.source_id == sources.c.id)
            .scalar_subquery()
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(sources, wishes.label("wishes"), brought.label("brought"))
                .order_by(sources.c.id)
                .limit(limit)
                .offset(offset)
            )
            return [SourceListed(read(Source, sources, row), row.wishes, row.brought) for row in rows]
