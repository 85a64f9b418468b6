"""Subscriptions: wishes to see a source in a channel, and what comes of making and ending one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, literal, or_, select, update

from storage.away import forget_away
from storage.database import Database
from storage.digests import forget_source
from storage.erasing import forgotten_among
from storage.guilds import ensure_guild
from storage.outbox import Queueing, queue, queue_named
from storage.records import PostState, Source, Subscription, SubscriptionToStore, Wishes
from storage.rows import insert, read
from storage.sources import soon, wanted
from storage.tables import (
    UNSENT,
    articles,
    away_channels,
    digest_articles,
    digests,
    is_sent,
    is_unfinished,
    posts,
    sources,
    subscriptions,
)
from storage.types import DatabaseClock, HoursAfter

_pending = posts.alias()
# Whether a post waits is said as the index of unfinished posts says it, so that the others are never looked at.
_ON_THEIR_OWN = (
    select(func.count())
    .select_from(_pending)
    .join(articles, articles.c.id == _pending.c.article_id)
    .where(
        _pending.c.channel_id == subscriptions.c.channel_id,
        is_unfinished(_pending),
        ~is_sent(_pending),
        articles.c.source_id == subscriptions.c.source_id,
    )
    .correlate(subscriptions)
    .scalar_subquery()
)
_GATHERED = (
    select(func.count())
    .select_from(digests)
    .join(digest_articles, digest_articles.c.digest_id == digests.c.id)
    .join(articles, articles.c.id == digest_articles.c.article_id)
    .where(
        digests.c.channel_id == subscriptions.c.channel_id,
        UNSENT,
        # What a schedule's digest tells of is in the channel, or in another one, but for what was over the limit.
        or_(digests.c.schedule_id.is_(None), digest_articles.c.over),
        articles.c.source_id == subscriptions.c.source_id,
    )
    .correlate(subscriptions)
    .scalar_subquery()
)
_WAITING = (_ON_THEIR_OWN + _GATHERED).label("waiting")
_POST_PROBLEM = (
    select(_pending.c.problem)
    .where(_pending.c.channel_id == subscriptions.c.channel_id, is_unfinished(_pending))
    .order_by(_pending.c.id)
    .limit(1)
    .correlate(subscriptions)
    .scalar_subquery()
)
_DIGEST_PROBLEM = (
    select(digests.c.problem)
    .where(digests.c.channel_id == subscriptions.c.channel_id, UNSENT)
    .correlate(subscriptions)
    .scalar_subquery()
)
_PROBLEM = func.coalesce(_POST_PROBLEM, _DIGEST_PROBLEM).label("post_problem")


def _subscriptions() -> Select[*tuple[Any, ...]]:
    return (
        select(subscriptions, sources, _WAITING, _PROBLEM)
        .join(sources, sources.c.id == subscriptions.c.source_id)
        .order_by(subscriptions.c.id)
    )


def _read(row: Any) -> Subscription:
    columns = subscriptions.c
    values = row._mapping
    return Subscription(
        id=values[columns.id],
        guild_id=values[columns.guild_id],
        channel_id=values[columns.channel_id],
        source=read(Source, sources, row),
        thread=values[columns.thread],
        newest=values[columns.newest],
        created_by=values[columns.created_by],
        created_at=values[columns.created_at],
        started_at=values[columns.started_at],
        waiting=row.waiting,
        problem=row.post_problem,
        reading=values[columns.reading],
        length=values[columns.length],
        same_story=values[columns.same_story],
        announce=values[columns.announce],
        pin=values[columns.pin],
        longest_wait=timedelta(hours=values[columns.longest_wait_h]),
        forum=values[columns.forum],
        at_most=values[columns.at_most],
    )


def _hours(wait: timedelta) -> int:
    return wait // timedelta(hours=1)


class Subscriptions:
    """Subscriptions, as admins make, see and end them."""

    def __init__(self, database: Database, queueing: Queueing) -> None:
        self._database = database
        self._queueing = queueing

    async def add(self, wish: SubscriptionToStore, now: datetime) -> tuple[Subscription, bool]:
        """Wire a source to a channel; answers the subscription and whether it is new (an old one stays as it was).

        The newest articles of a source that is being polled are queued at once. A source that was never polled, or
        that idled, is made due now and read in full: its first articles come with that poll.
        """
        async with self._database.writing() as connection:
            await ensure_guild(connection, wish.guild_id, now)
            forgotten = wish.created_by and await forgotten_among(connection, (wish.created_by,))
            source = (
                await connection.execute(
                    select(sources).where(sources.c.id == wish.source_id).with_for_update(key_share=True)
                )
            ).one()
            made = await connection.scalar(
                insert(connection, subscriptions)
                .values(
                    guild_id=wish.guild_id,
                    channel_id=wish.channel_id,
                    source_id=wish.source_id,
                    thread=wish.thread,
                    newest=wish.newest,
                    created_by=None if forgotten else wish.created_by,
                    created_at=now,
                    reading=wish.reading,
                    length=wish.length,
                    same_story=wish.same_story,
                    announce=wish.announce,
                    pin=wish.pin,
                    longest_wait_h=_hours(wish.longest_wait),
                    forum=wish.forum,
                    at_most=wish.at_most,
                )
                .on_conflict_do_nothing(index_elements=["channel_id", "source_id"])
                .returning(subscriptions.c.id)
            )
            if made is not None and (source.last_success_at is None or source.next_poll_at is None):
                # Without validators nothing that appeared while it idled can hide behind "not modified".
                await connection.execute(
                    update(sources)
                    .where(sources.c.id == wish.source_id)
                    .values(next_poll_at=soon(now), etag=None, last_modified=None, digest=None)
                )
            elif made is not None:
                await queue(connection, {wish.source_id: ()}, self._queueing, now)
            row = (
                await connection.execute(
                    _subscriptions().where(
                        subscriptions.c.channel_id == wish.channel_id,
                        subscriptions.c.source_id == wish.source_id,
                    )
                )
            ).one()
            return _read(row), made is not None

    async def change(self, subscription_id: int, wishes: Wishes) -> Subscription | None:
        """Have a subscription be as it is wished from now on; what waits for its channel goes out so too.

        None where there is none of this id.
        """
        said = {name: wish for name, wish in asdict(wishes).items() if wish is not None}
        if (longest_wait := said.pop("longest_wait", None)) is not None:
            said["longest_wait_h"] = _hours(longest_wait)
        if "at_most" in said:
            said["at_most"] = said["at_most"] or None
        async with self._database.writing() as connection:
            chosen = subscriptions.c.id == subscription_id
            if said:
                await connection.execute(update(subscriptions).where(chosen).values(said))
            row = (await connection.execute(_subscriptions().where(chosen))).one_or_none()
            if row is None:
                return None
            changed = _read(row)
            await connection.execute(
                update(posts)
                .where(
                    posts.c.channel_id == changed.channel_id,
                    is_unfinished(posts),
                    posts.c.state == PostState.READY,
                    posts.c.article_id.in_(
                        select(articles.c.id).where(articles.c.source_id == changed.source.id)
                    ),
                )
                .values(
                    length=changed.length,
                    reading=changed.reading,
                    thread_wanted=changed.thread,
                    announce_wanted=changed.announce,
                    pin_wanted=changed.pin,
                    expires_at=HoursAfter(posts.c.created_at, literal(_hours(changed.longest_wait))),
                )
            )
            return changed

    async def remove(self, subscription_id: int) -> bool:
        """End a subscription: what is not being sent yet never is, and a source that nobody wants any more idles."""
        async with self._database.writing() as connection:
            gone = (
                await connection.execute(
                    delete(subscriptions)
                    .where(subscriptions.c.id == subscription_id)
                    .returning(
                        subscriptions.c.channel_id, subscriptions.c.source_id, subscriptions.c.created_at
                    )
                )
            ).one_or_none()
            if gone is None:
                return False
            given_up = await connection.scalars(
                select(posts.c.id).where(
                    posts.c.channel_id == gone.channel_id,
                    posts.c.state == PostState.READY,
                    posts.c.article_id.in_(
                        select(articles.c.id).where(articles.c.source_id == gone.source_id)
                    ),
                )
            )
            now = await connection.scalar(select(DatabaseClock())) or gone.created_at
            await queue_named(connection, given_up.all(), self._queueing, now)
            await forget_source(connection, gone.channel_id, gone.source_id, now)
            await forget_away(
                connection,
                and_(
                    away_channels.c.channel_id == gone.channel_id,
                    ~exists().where(subscriptions.c.channel_id == gone.channel_id),
                ),
            )
            await connection.execute(
                update(sources).where(sources.c.id == gone.source_id, ~wanted()).values(next_poll_at=None)
            )
            return True

    async def get(self, subscription_id: int) -> Subscription | None:
        """Find a subscription by its id."""
        found = await self._some(subscriptions.c.id == subscription_id)
        return found[0] if found else None

    async def of_guild(self, guild_id: int) -> list[Subscription]:
        """List a guild's subscriptions in the order they were made."""
        return await self._some(subscriptions.c.guild_id == guild_id)

    async def of_channel(self, channel_id: int) -> list[Subscription]:
        """List a channel's subscriptions in the order they were made."""
        return await self._some(subscriptions.c.channel_id == channel_id)

    async def _some(self, condition: ColumnElement[bool]) -> list[Subscription]:
        async with self._database.reading() as connection:
            return [_read(row) for row in await connection.execute(_subscriptions().where(condition))]

    async def all(self, limit: int = 100, offset: int = 0) -> list[Subscription]:
        """List all subscriptions in the order they were made."""
        async with self._database.reading() as connection:
            rows = await connection.execute(_subscriptions().limit(limit).offset(offset))
            return [_read(row) for row in rows]
