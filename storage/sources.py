"""Sources: what is due to be polled, and what is known of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    Update,
    bindparam,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    literal_column,
    null,
    select,
    update,
)

from storage.database import Database
from storage.records import Pace, Source, SourceListed
from storage.rows import columns, insert, listed, packed, portions, read, read_all
from storage.tables import articles, guilds, sources, subscriptions
from storage.types import RowId, UtcDateTime

_SEEN_AT = select(articles.c.first_seen_at).where(articles.c.source_id == sources.c.id).correlate(sources)
_NEWEST_AT = _SEEN_AT.with_only_columns(func.max(articles.c.first_seen_at)).scalar_subquery()
_OLDEST_AT = _SEEN_AT.with_only_columns(func.min(articles.c.first_seen_at)).scalar_subquery()
_NEXT_DUE = (
    select(sources.c.next_poll_at)
    .where(sources.c.next_poll_at.is_not(None))
    .order_by(sources.c.next_poll_at)
    .limit(1)
)


def wanted() -> ColumnElement[bool]:
    """Say whether a subscription of a guild that the bot is in wants the source of the surrounding statement."""
    return exists(
        select(subscriptions.c.id)
        .join(guilds, guilds.c.id == subscriptions.c.guild_id)
        .where(subscriptions.c.source_id == sources.c.id, guilds.c.left_at.is_(None))
        .correlate(sources)
    )


def next_poll(at: ColumnElement[datetime | None]) -> ColumnElement[Any]:
    """Say when the source of the surrounding statement is to be polled: never while nothing wants it."""
    return case((wanted(), at), else_=null())


def soon(now: datetime) -> ColumnElement[Any]:
    """Say when the source of the surrounding statement may be polled next: now, if its server lets us."""
    return case((sources.c.not_before > now, sources.c.not_before), else_=literal(now, UtcDateTime))


class Sources:
    """Sources, as they are polled and listed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        url: str,
        title: str,
        link: str | None,
        icon_url: str | None,
        *,
        kind: str = "feed",
        selector: str | None = None,
    ) -> Source:
        """Get the source with this URL, or make it; a new one is idle until something wants it.

        One that is there keeps its kind: read in another way, all of its entries would be new.
        """
        async with self._database.writing() as connection:
            await connection.execute(
                insert(connection, sources)
                .values(
                    url=url,
                    title=title,
                    link=link,
                    icon_url=icon_url,
                    kind=kind,
                    selector=selector,
                    failures=0,
                )
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
            claimed = await read_all(connection, Source, _due(), {"now": now, "limit": limit})
            if claimed:
                ids = packed([source.id for source in claimed])
                leased = {"given": ids, "until": now + lease}
                await connection.execute(_claiming(connection.dialect.name), leased)
            return claimed

    async def set_headers(self, source_id: int, headers: str | None, now: datetime) -> bool:
        """Store a source's own headers, a JSON object; answers whether there is such a source.

        Who asks with another login may be answered otherwise: it is read anew, and soon even if it was failing.
        """
        async with self._database.writing() as connection:
            changed = await connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(
                    headers=headers,
                    etag=None,
                    last_modified=None,
                    digest=None,
                    next_poll_at=case((sources.c.next_poll_at.is_not(None), soon(now)), else_=null()),
                )
            )
            return changed.rowcount == 1

    async def next_due_at(self) -> datetime | None:
        """Answer when the next source is due; None while nothing is to be polled."""
        async with self._database.reading() as connection:
            return await connection.scalar(_NEXT_DUE)

    async def poll_soon(self, source_id: int | None, now: datetime) -> int:
        """Make one source due now (even one that nothing wants), or all that are wanted; answers how many.

        One whose server asked for a pause is due at its end.
        """
        chosen = wanted() if source_id is None else sources.c.id == source_id
        async with self._database.writing() as connection:
            moved = await connection.execute(update(sources).where(chosen).values(next_poll_at=soon(now)))
            return moved.rowcount

    async def still_failing(self, source_id: int, problem: str, now: datetime) -> None:
        """Store the sentence about a poll out of turn that failed as those before it did; what is planned stays.

        Where another poll has succeeded meanwhile, nothing is stored.
        """
        async with self._database.writing() as connection:
            await connection.execute(
                update(sources)
                .where(sources.c.id == source_id, sources.c.failures > 0)
                .values(problem=problem, last_polled_at=now, not_before=None)
            )

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

    async def paces(self, source_ids: Collection[int], now: datetime, days: int) -> dict[int, Pace]:
        """Count what each of these sources published in the last so many periods of 24 hours.

        An article without a date, or with one that is yet to come, counts from when it was first seen.
        """
        since = now - timedelta(days=days)
        found: dict[int, Row[*tuple[Any, ...]]] = {}
        counts: dict[int, list[int]] = {}
        async with self._database.reading() as connection:
            for portion in portions(source_ids):
                rows = await connection.execute(
                    select(
                        sources.c.id,
                        sources.c.held_back,
                        sources.c.held_back_at,
                        _NEWEST_AT.label("newest_at"),
                        _OLDEST_AT.label("oldest_at"),
                    ).where(sources.c.id.in_(portion))
                )
                found |= {row.id: row for row in rows}
                counted = await connection.execute(_published(portion, since, now))
                for source_id, day, count in counted:
                    counts.setdefault(source_id, [0] * days)[min(day, days - 1)] += count
        return {
            source_id: _pace(row, tuple(counts.get(source_id, [0] * days)), now)
            for source_id, row in found.items()
        }


def _pace(row: Row[*tuple[Any, ...]], days: tuple[int, ...], now: datetime) -> Pace:
    """A source is known from when its first article came, or from the oldest that was in its document then."""
    known = None
    if row.oldest_at is not None:
        oldest = next((place for place, count in enumerate(days) if count), len(days))
        known = max((now - row.oldest_at).days + 1, len(days) - oldest)
    return Pace(
        row.newest_at,
        days,
        known if known is not None and known < len(days) else None,
        row.held_back,
        row.held_back_at,
    )


@cache
def _due() -> Select[*tuple[Any, ...]]:
    """What is due, longest due first; what another process is claiming is passed over."""
    return (
        select(*columns(Source, sources))
        .where(sources.c.next_poll_at <= bindparam("now"))
        .order_by(sources.c.next_poll_at, sources.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )


@cache
def _claiming(dialect: str) -> Update:
    claimed = listed(dialect, source_id=RowId)
    return (
        update(sources)
        .where(sources.c.id.in_(select(claimed.c.source_id)))
        .values(next_poll_at=bindparam("until"))
    )


def _published(source_ids: Sequence[int], since: datetime, now: datetime) -> Select[*tuple[Any, ...]]:
    """Count the articles of these sources by source and day from `since` on; what was seen before is older."""
    dated = articles.c.published_at <= now
    published = case((dated, articles.c.published_at), else_=articles.c.first_seen_at)
    seconds = cast(extract("epoch", published), BigInteger)
    day = (seconds - int(since.timestamp())) // literal_column("86400", BigInteger)
    return (
        select(articles.c.source_id, day.label("day"), func.count())
        .where(
            articles.c.source_id.in_(source_ids),
            articles.c.first_seen_at >= since,
            published >= since,
        )
        .group_by(articles.c.source_id, literal_column("day"))
    )
