"""Sources that get a new address for good: onto a free one, an idle source's, or one that is polled already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.follows import follow_on
from storage.outbox import Queueing, queue
from storage.sources import wanted
from storage.tables import articles, sources, subscriptions


@dataclass(frozen=True, slots=True)
class Moves:
    """Ids of sources that are at their new address now, and of those that gave themselves up for one that was there."""

    settled: frozenset[int] = frozenset()
    gave_up: frozenset[int] = frozenset()


async def move(
    connection: AsyncConnection, moved: Mapping[int, str], queueing: Queueing, now: datetime
) -> Moves:
    """Give sources (by id) their new addresses; answers what became of each.

    Of two sources at one address only one may be polled, or their channels would get everything twice. The one that
    moves hands its subscriptions over to the one that was there, and idles. What it stored stays. It waits where
    the other was never read: that one's first document would be posted whole to those who have most of it.
    """
    settled, gave_up = set(), set()
    for source_id, url in sorted(moved.items()):
        there = (
            await connection.execute(
                select(sources.c.id, sources.c.last_success_at, wanted().label("wanted")).where(
                    sources.c.url == url, sources.c.id != source_id
                )
            )
        ).one_or_none()
        if there is None:
            await _give(connection, source_id, url)
            settled.add(source_id)
        elif not there.wanted:
            await _swap(connection, source_id, there.id, url)
            settled.add(source_id)
        elif there.last_success_at is not None:
            await _hand_over(connection, source_id, there.id, queueing, now)
            gave_up.add(source_id)
    return Moves(frozenset(settled), frozenset(gave_up))


async def _give(connection: AsyncConnection, source_id: int, url: str) -> None:
    await connection.execute(
        update(sources).where(sources.c.id == source_id).values(url=url, moved_to=None, moved_seen=0)
    )


async def _swap(connection: AsyncConnection, source_id: int, idle_id: int, url: str) -> None:
    """An idle source gets the address that redirects to its own: addresses are unique at every moment."""
    before = await connection.scalar(select(sources.c.url).where(sources.c.id == source_id))
    await _give(connection, idle_id, f"{url}#{idle_id}")
    await _give(connection, source_id, url)
    await _give(connection, idle_id, str(before))


async def _hand_over(
    connection: AsyncConnection, source_id: int, other_id: int, queueing: Queueing, now: datetime
) -> None:
    own = articles.alias()
    # What the other found since this one was last read is all that its channels do not have.
    last_read = (
        select(sources.c.last_success_at).where(sources.c.id == source_id).scalar_subquery().label(None)
    )
    missed = await connection.scalars(
        select(articles.c.id)
        .where(
            articles.c.source_id == other_id,
            articles.c.first_seen_at > last_read,
            ~exists().where(own.c.source_id == source_id, own.c.identity == articles.c.identity),
        )
        .order_by(articles.c.id)
    )
    await queue(connection, {source_id: list(missed)}, queueing, now)
    both = subscriptions.alias()
    await connection.execute(
        delete(subscriptions).where(
            subscriptions.c.source_id == source_id,
            exists().where(both.c.source_id == other_id, both.c.channel_id == subscriptions.c.channel_id),
        )
    )
    await connection.execute(
        update(subscriptions).where(subscriptions.c.source_id == source_id).values(source_id=other_id)
    )
    await follow_on(connection, source_id, other_id)
    await connection.execute(
        update(sources)
        .where(sources.c.id == source_id)
        .values(next_poll_at=None, last_polled_at=now, moved_to=None, moved_seen=0)
    )
