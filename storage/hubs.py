"""Hubs: who pushes a source's news to us, what is asked of them next, and what they told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, literal_column, or_, select, update

from storage.database import Database
from storage.records import Hub, HubState, HubToStore, Source
from storage.rows import insert, portions, read
from storage.tables import hubs, sources

# Said as the index of current hubs says it, so that the database uses it.
_CURRENT: ColumnElement[bool] = hubs.c.state != literal_column("'ending'")


class Hubs:
    """Hubs of sources; a source has at most one that is not ending."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_sources(self, source_ids: Collection[int]) -> dict[int, Hub]:
        """Find the current hub of each of the sources that have one, by source."""
        found: dict[int, Hub] = {}
        async with self._database.reading() as connection:
            for portion in portions(source_ids):
                rows = await connection.execute(select(hubs).where(hubs.c.source_id.in_(portion), _CURRENT))
                found |= {row.source_id: read(Hub, hubs, row) for row in rows}
        return found

    async def by_path(self, path: str) -> tuple[Hub, Source] | None:
        """Find the hub that was given this path, and its source."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(hubs, sources)
                    .join(sources, sources.c.id == hubs.c.source_id)
                    .where(hubs.c.path == path)
                )
            ).one_or_none()
            return (read(Hub, hubs, row), read(Source, sources, row)) if row else None

    async def replace(self, ended: Collection[int], named: Iterable[HubToStore], now: datetime) -> None:
        """End hubs (by id), and want others in their place or anew; a source that has a current one keeps it."""
        async with self._database.writing() as connection:
            for portion in portions(ended):
                current = hubs.c.id.in_(portion) & _CURRENT
                await connection.execute(
                    update(sources)
                    .where(sources.c.id.in_(select(hubs.c.source_id).where(current)))
                    .values(pushed_until=None)
                )
                await connection.execute(
                    update(hubs)
                    .where(current)
                    .values(state=HubState.ENDING, next_at=now, asked_at=None, attempts=0, problem=None)
                )
            for hub in named:
                await connection.execute(
                    insert(connection, hubs)
                    .values(
                        source_id=hub.source_id,
                        url=hub.url,
                        topic=hub.topic,
                        base=hub.base,
                        path=hub.path,
                        secret=hub.secret,
                        state=HubState.WANTED,
                        next_at=now,
                        attempts=0,
                    )
                    .on_conflict_do_nothing()
                )

    async def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[tuple[Hub, Source]]:
        """Claim the hubs that are to be looked at, by moving the next look to the lease's end."""
        async with self._database.writing() as connection:
            due = await connection.execute(
                select(hubs, sources)
                .join(sources, sources.c.id == hubs.c.source_id)
                .where(hubs.c.next_at <= now)
                .order_by(hubs.c.next_at, hubs.c.id)
                .limit(limit)
                .with_for_update(of=hubs, skip_locked=True)
            )
            claimed = [(read(Hub, hubs, row), read(Source, sources, row)) for row in due]
            await connection.execute(
                update(hubs).where(hubs.c.id.in_([hub.id for hub, _ in claimed])).values(next_at=now + lease)
            )
            return claimed

    async def next_due_at(self) -> datetime | None:
        """Answer when the next hub is to be looked at; None where there is none."""
        async with self._database.reading() as connection:
            return await connection.scalar(
                select(hubs.c.next_at).order_by(hubs.c.next_at, hubs.c.id).limit(1)
            )

    async def begin_asking(self, hub_id: int, now: datetime) -> bool:
        """Note that it is asked now, before it is: it may verify while it is. False where it is no more."""
        return await self._change(hubs.c.id == hub_id, asked_at=now, attempts=hubs.c.attempts + 1)

    async def asked(self, hub_id: int, asked_at: datetime, next_at: datetime, problem: str | None) -> bool:
        """Store how asking went; False where it has verified, or been asked anew, in the meantime."""
        same = (hubs.c.id == hub_id) & (hubs.c.asked_at == asked_at)
        return await self._change(same, next_at=next_at, problem=problem)

    async def look_again(self, hub_id: int, next_at: datetime) -> None:
        """Look at it again then."""
        await self._change(hubs.c.id == hub_id, next_at=next_at)

    async def verified(self, hub_id: int, lease_ends_at: datetime, next_at: datetime) -> bool:
        """It pushes until then; False where nothing was asked of it."""
        pending = (hubs.c.id == hub_id) & hubs.c.asked_at.is_not(None) & _CURRENT
        async with self._database.writing() as connection:
            source_id = await connection.scalar(
                update(hubs)
                .where(pending)
                .values(
                    state=HubState.ACTIVE,
                    lease_ends_at=lease_ends_at,
                    next_at=next_at,
                    asked_at=None,
                    attempts=0,
                    problem=None,
                )
                .returning(hubs.c.source_id)
            )
            # Whoever is trusted stays so over a renewal; a new one has to earn it.
            await connection.execute(
                update(sources)
                .where(sources.c.id == source_id, sources.c.pushed_until.is_not(None))
                .values(pushed_until=lease_ends_at)
            )
            return source_id is not None

    async def denied(self, hub_id: int, next_at: datetime, problem: str) -> None:
        """It will not push (any more)."""
        async with self._database.writing() as connection:
            source_id = await connection.scalar(
                update(hubs)
                .where(hubs.c.id == hub_id, _CURRENT)
                .values(
                    state=HubState.WANTED,
                    lease_ends_at=None,
                    next_at=next_at,
                    asked_at=None,
                    attempts=hubs.c.attempts + 1,
                    problem=problem,
                )
                .returning(hubs.c.source_id)
            )
            await connection.execute(
                update(sources).where(sources.c.id == source_id).values(pushed_until=None)
            )

    async def remove(self, hub_id: int) -> None:
        """Forget one that has ended."""
        async with self._database.writing() as connection:
            await connection.execute(delete(hubs).where(hubs.c.id == hub_id))

    async def told(self, hub_id: int, now: datetime, rhythm: bytes) -> None:
        """It told something before any poll did: until its lease ends its source is polled as a safety net only.

        `rhythm` is the source's, with what was told.
        """
        async with self._database.writing() as connection:
            told = (
                await connection.execute(
                    update(hubs)
                    .where(hubs.c.id == hub_id, _CURRENT)
                    .values(pushed_at=now)
                    .returning(hubs.c.source_id, hubs.c.lease_ends_at)
                )
            ).one_or_none()
            if told is not None:
                await connection.execute(
                    update(sources)
                    .where(sources.c.id == told.source_id)
                    .values(pushed_until=told.lease_ends_at, rhythm=rhythm)
                )

    async def missed(self, source_ids: Collection[int], poll_by: datetime) -> None:
        """Trust the hubs of these sources no more, as polls found what they had not told."""
        async with self._database.writing() as connection:
            for portion in portions(source_ids):
                await connection.execute(
                    update(sources).where(sources.c.id.in_(portion)).values(pushed_until=None)
                )
                await connection.execute(
                    update(sources)
                    .where(sources.c.id.in_(portion), sources.c.next_poll_at > poll_by)
                    .values(next_poll_at=poll_by)
                )

    async def poll_by(self, source_id: int, at: datetime) -> None:
        """Have a source polled then at the latest; one that idles goes on idling."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(sources)
                .where(sources.c.id == source_id, sources.c.next_poll_at > at)
                .values(next_poll_at=at)
            )

    async def begin(self, base: str | None, now: datetime, poll_by: datetime) -> None:
        """Trust no hub after a start, as what was pushed meanwhile reached nobody.

        Hubs that know us by another address than `base` are wanted anew; without one they are left alone.
        """
        async with self._database.writing() as connection:
            await connection.execute(
                update(sources)
                .where(sources.c.pushed_until.is_not(None), sources.c.next_poll_at > poll_by)
                .values(next_poll_at=poll_by)
            )
            await connection.execute(
                update(sources).where(sources.c.pushed_until.is_not(None)).values(pushed_until=None)
            )
            if base is not None:
                await connection.execute(
                    update(hubs)
                    # Said so that the index serves: `!=` would look at every hub.
                    .where(or_(hubs.c.base < base, hubs.c.base > base), _CURRENT)
                    .values(
                        base=base,
                        state=HubState.WANTED,
                        next_at=now,
                        asked_at=None,
                        attempts=0,
                        lease_ends_at=None,
                    )
                )

    async def _change(self, which: ColumnElement[bool], **values: object) -> bool:
        async with self._database.writing() as connection:
            changed = await connection.execute(update(hubs).where(which).values(**values))
            return changed.rowcount > 0
