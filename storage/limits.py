"""Channels' limits: what is beyond a subscription's posts of a day waits for the channel's next digest.

Runs inside the caller's transaction, which holds the turn to queue posts (see `storage.kinship.take_turn`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import Every, Scope, Sort
from storage.rows import insert, portions
from storage.tables import articles, digest_schedules, over_limit, posts

A_DAY = timedelta(days=1)
# What comes where nobody chose otherwise: every evening, and only where something was over the limit.
EVENING, MOST_TOLD = 18, 10

Wanted = tuple[Row[Any], int]


async def within_limits(
    connection: AsyncConnection, wanted_by: Sequence[Wanted], now: datetime
) -> Sequence[Wanted]:
    """Keep those back, of the articles that subscriptions want, that are beyond what they take of a day's.

    A day is the last 24 hours. Where its channel has no digest one is begun.
    """
    limited = {wish.id: wish for wish, _ in wanted_by if wish.at_most is not None}
    if not limited:
        return wanted_by
    room = {wish_id: wish.at_most - await _posted(connection, wish, now) for wish_id, wish in limited.items()}
    within: list[Wanted] = []
    over: list[Wanted] = []
    for wish, article_id in wanted_by:
        if wish.id not in room or room[wish.id] > 0:
            within.append((wish, article_id))
            if wish.id in room:
                room[wish.id] -= 1
        else:
            over.append((wish, article_id))
    await _keep(connection, over, now)
    return within


async def _posted(connection: AsyncConnection, wish: Row[Any], now: datetime) -> int:
    """Count the articles of a subscription's source that were first seen within a day and have a post there."""
    counted = await connection.scalar(
        select(func.count())
        .select_from(articles)
        .join(posts, and_(posts.c.article_id == articles.c.id, posts.c.channel_id == wish.channel_id))
        .where(articles.c.source_id == wish.source_id, articles.c.first_seen_at > now - A_DAY)
    )
    return counted or 0


async def _keep(connection: AsyncConnection, over: Sequence[Wanted], now: datetime) -> None:
    for portion in portions(over):
        await connection.execute(
            insert(connection, over_limit).on_conflict_do_nothing(
                index_elements=["channel_id", "article_id"]
            ),
            [
                {
                    "channel_id": wish.channel_id,
                    "article_id": article_id,
                    "guild_id": wish.guild_id,
                    "kept_at": now,
                }
                for wish, article_id in portion
            ],
        )
    for wish in {wish.channel_id: wish for wish, _ in over}.values():
        if await connection.scalar(select(exists().where(digest_schedules.c.channel_id == wish.channel_id))):
            continue
        await connection.execute(
            insert(connection, digest_schedules).values(
                guild_id=wish.guild_id,
                channel_id=wish.channel_id,
                created_at=now,
                every=Every.DAY,
                hour=EVENING,
                day=0,
                zone="UTC",
                most=MOST_TOLD,
                rank=Sort.NEW,
                scope=Scope.OVER,
                forum=wish.forum,
                # Looked at as soon as may be, with no period behind it: then it is known when the first is due.
                due_at=now,
                until=now,
            )
        )
