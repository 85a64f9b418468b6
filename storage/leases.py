"""Leases: who may be the one bot on this database, by the database's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update

from storage.database import Database
from storage.records import Lease, LeaseHeld
from storage.rows import insert
from storage.tables import leases
from storage.types import DatabaseClock

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _own(name: str, lease: Lease) -> ColumnElement[bool]:
    return and_(leases.c.name == name, leases.c.holder == lease.holder, leases.c.fence == lease.fence)


class Leases:
    """Rights with a name, a holder and an end. Times in them are the database's, not this machine's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, name: str, holder: str, duration: timedelta, *, instead_of: str | None = None
    ) -> Lease | LeaseHeld:
        """Take a lease that is free or has ended, or that `instead_of` holds; its fence is greater than any before.

        `instead_of` is for a holder that is known to be dead.
        """
        async with self._database.writing(fenced=False) as connection:
            await self._database.end_silent(connection)
            await connection.execute(
                insert(connection, leases)
                .values(name=name, holder="", fence=0, expires_at=_LONG_AGO)
                .on_conflict_do_nothing(index_elements=["name"])
            )
            row = (
                await connection.execute(select(leases).where(leases.c.name == name).with_for_update())
            ).one()
            now = (await connection.execute(select(DatabaseClock()))).scalar_one()
            if row.expires_at > now and row.holder != instead_of:
                return LeaseHeld(row.holder, row.expires_at)
            lease = Lease(holder, row.fence + 1, now + duration)
            await connection.execute(
                update(leases)
                .where(leases.c.name == name)
                .values(holder=lease.holder, fence=lease.fence, expires_at=lease.expires_at)
            )
            return lease

    async def renew(self, name: str, lease: Lease, duration: timedelta) -> Lease | None:
        """Prolong a lease from now on, even one that has ended if nobody took it since; None when it is another's."""
        async with self._database.writing(fenced=False) as connection:
            now = (await connection.execute(select(DatabaseClock()))).scalar_one()
            renewed = Lease(lease.holder, lease.fence, now + duration)
            # An update that leaves the key alone: writers that hold on to the lease are not in its way.
            ours = await connection.execute(
                update(leases).where(_own(name, lease)).values(expires_at=renewed.expires_at)
            )
            return renewed if ours.rowcount == 1 else None

    async def release(self, name: str, lease: Lease) -> None:
        """Give a lease back, if it is still one's own."""
        async with self._database.writing(fenced=False) as connection:
            await connection.execute(update(leases).where(_own(name, lease)).values(expires_at=_LONG_AGO))
