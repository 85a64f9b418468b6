"""Queueing posts: which articles a source's subscriptions are still to get. Runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import PostState
from storage.rows import insert, portions
from storage.tables import articles, guilds, posts, subscriptions


async def queue(
    connection: AsyncConnection,
    source_id: int,
    new: Sequence[int],
    nonce: Callable[[], str],
    now: datetime,
) -> int:
    """Queue the new articles for started subscriptions, the newest few for the others, which then are started.

    `new` are ids of articles in their order. Guilds that the bot left get none. Answers how many were queued.
    """
    wishes = (
        await connection.execute(
            select(subscriptions)
            .join(guilds, guilds.c.id == subscriptions.c.guild_id)
            .where(subscriptions.c.source_id == source_id, guilds.c.left_at.is_(None))
            .order_by(subscriptions.c.id)
        )
    ).all()
    beginners = [wish for wish in wishes if wish.started_at is None]
    newest: list[int] = []
    if beginners:
        most = max(wish.newest for wish in beginners)
        found = await connection.scalars(
            select(articles.c.id)
            .where(articles.c.source_id == source_id)
            .order_by(articles.c.id.desc())
            .limit(most)
        )
        newest = sorted(found)
        await connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_([wish.id for wish in beginners]))
            .values(started_at=now)
        )
    rows: list[dict[str, Any]] = []
    for wish in wishes:
        wanted = new if wish.started_at is not None else newest[max(0, len(newest) - wish.newest) :]
        rows += (
            {
                "guild_id": wish.guild_id,
                "channel_id": wish.channel_id,
                "article_id": article_id,
                "state": PostState.READY,
                "nonce": nonce(),
                "thread_wanted": wish.thread,
                "seeded": 0,
                "due_at": now,
                "attempts": 0,
                "created_at": now,
            }
            for article_id in wanted
        )
    queued = 0
    for portion in portions(rows):
        # Only this conflict is one to pass over: a nonce given out twice must not swallow a post.
        made = await connection.execute(
            insert(connection, posts)
            .on_conflict_do_nothing(index_elements=["article_id", "channel_id"])
            .returning(posts.c.id),
            portion,
        )
        queued += len(made.all())
    return queued
