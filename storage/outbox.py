"""Queueing posts: which articles sources' subscriptions are still to get. Runs inside the caller's transaction.

What is beyond a channel's limit has no post, and waits for a digest (see `storage.limits`).
A post whose article's page or image is still to be read waits for that, for a moment (see `storage.readings`). One
whose channel has the same story from another source may give way to that (see `storage.stories`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.limits import within_limits
from storage.readings import HOLD, Unread, enlist, unread
from storage.records import PostState
from storage.rows import given, insert, packed, portions
from storage.stories import settle, take_turn
from storage.tables import articles, guilds, merged, posts, subscriptions
from storage.types import RowId


@dataclass(frozen=True, slots=True)
class Queueing:
    """How posts are queued: `nonce` makes a mark; where `all_wait`, each waits for its article to be read.

    That is so where a language model writes summaries, of articles with nothing else to be read too.
    """

    nonce: Callable[[], str]
    all_wait: bool = False


async def queue(
    connection: AsyncConnection,
    new: Mapping[int, Sequence[int]],
    how: Queueing,
    now: datetime,
) -> dict[int, int]:
    """Queue new articles for started subscriptions, the newest few for the others, which then are started.

    `new` maps sources to the ids of their articles in their order, none for those that only may have
    beginners. Guilds that the bot left get none. Answers how many posts were queued, by source.
    """
    wanted_by: list[tuple[Row[Any], int]] = []
    source_of: dict[int, int] = {}
    for portion in portions(new):
        bringing = [source_id for source_id in portion if new[source_id]]
        wishes = (
            await connection.execute(
                select(subscriptions)
                .join(guilds, guilds.c.id == subscriptions.c.guild_id)
                .where(
                    subscriptions.c.source_id.in_(portion),
                    subscriptions.c.started_at.is_(None) | subscriptions.c.source_id.in_(bringing),
                    guilds.c.left_at.is_(None),
                )
                .order_by(subscriptions.c.id)
            )
        ).all()
        newest = await _newest(connection, [wish for wish in wishes if wish.started_at is None], now)
        for wish in wishes:
            if wish.started_at is not None:
                wanted = new[wish.source_id]
            else:
                found = newest[wish.source_id]
                wanted = found[max(0, len(found) - wish.newest) :]
            wanted_by += ((wish, article_id) for article_id in wanted)
            source_of |= dict.fromkeys(wanted, wish.source_id)
    made_of = await _put(connection, wanted_by, how, now)
    queued: Counter[int] = Counter()
    for article_id, made_for in made_of.items():
        queued[source_of[article_id]] += made_for
    return queued


async def queue_named(
    connection: AsyncConnection, given_up: Sequence[int], how: Queueing, now: datetime
) -> None:
    """Remove posts, by id, that are given up unseen. The articles named on them get posts of their own."""
    named: list[tuple[Row[Any], int]] = []
    for portion in portions(given_up):
        rows = await connection.execute(
            select(subscriptions, merged.c.article_id)
            .join(posts, posts.c.channel_id == subscriptions.c.channel_id)
            .join(merged, merged.c.post_id == posts.c.id)
            .join(
                articles,
                and_(articles.c.id == merged.c.article_id, articles.c.source_id == subscriptions.c.source_id),
            )
            .where(posts.c.id.in_(portion))
            .order_by(merged.c.article_id)
        )
        named += ((row, row.article_id) for row in rows)
        await connection.execute(delete(posts).where(posts.c.id.in_(portion)))
    await _put(connection, named, how, now)


async def _put(
    connection: AsyncConnection,
    wanted_by: Sequence[tuple[Row[Any], int]],
    how: Queueing,
    now: datetime,
) -> Counter[int]:
    """Queue articles for subscriptions that want them; answers how many posts of each there are now."""
    made_of: Counter[int] = Counter()
    if not wanted_by:
        return made_of
    await take_turn(connection)
    wanted_by = await within_limits(connection, wanted_by, now)
    unknown = await unread(connection, dict.fromkeys(article_id for _, article_id in wanted_by))
    rows = [_post(wish, article_id, how, now, unknown[article_id]) for wish, article_id in wanted_by]
    to_read: dict[int, None] = {}
    for batch in portions(rows):
        # Only this conflict is one to pass over: a nonce given out twice must not swallow a post.
        made = await connection.execute(
            insert(connection, posts)
            .on_conflict_do_nothing(index_elements=["article_id", "channel_id"])
            .returning(posts.c.article_id, posts.c.due_at),
            batch,
        )
        for article_id, due_at in made:
            made_of[article_id] += 1
            if due_at > now:
                to_read[article_id] = None
    made_of.subtract(await settle(connection, made_of))
    await enlist(connection, [article_id for article_id in to_read if made_of[article_id]], now)
    return made_of


async def _newest(
    connection: AsyncConnection, beginners: Sequence[Row[Any]], now: datetime
) -> Mapping[int, Sequence[int]]:
    """The newest articles of the beginners' sources, as many as the greediest wants; starts the beginners."""
    if not beginners:
        return {}
    newest: dict[int, list[int]] = {wish.source_id: [] for wish in beginners}
    for portion in portions(sorted(newest)):
        ids = packed([(source_id,) for source_id in portion])
        most = max(wish.newest for wish in beginners)
        found = await connection.execute(_newest_of(connection.dialect.name, most), {"given": ids})
        for source_id, article_id in found:
            newest[source_id].append(article_id)
    for begun in portions(beginners):
        await connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_([wish.id for wish in begun]))
            .values(started_at=now)
        )
    return newest


@cache
def _newest_of(dialect: str, most: int) -> Select[*tuple[Any, ...]]:
    """Select so many of sources' newest articles, each source's in their order."""
    of = given(dialect, source_id=RowId)
    other = articles.alias()
    beyond = (
        select(other.c.id)
        .where(other.c.source_id == of.c.source_id)
        .order_by(other.c.id.desc())
        .limit(1)
        .offset(most)
        .correlate(of)
        .scalar_subquery()
    )
    return (
        select(of.c.source_id, articles.c.id)
        .select_from(of)
        .join(
            articles,
            and_(articles.c.source_id == of.c.source_id, articles.c.id > func.coalesce(beyond, 0)),
        )
        .order_by(of.c.source_id, articles.c.id)
    )


def _post(wish: Row[Any], article_id: int, how: Queueing, now: datetime, unknown: Unread) -> dict[str, Any]:
    waits = how.all_wait or unknown.holds(wish.reading, wish.length)
    return {
        "guild_id": wish.guild_id,
        "channel_id": wish.channel_id,
        "article_id": article_id,
        "state": PostState.READY,
        "nonce": how.nonce(),
        "thread_wanted": wish.thread,
        "seeded": 0,
        "due_at": now + HOLD if waits else now,
        "attempts": 0,
        "created_at": now,
        "expires_at": now + timedelta(hours=wish.longest_wait_h),
        "announce_wanted": wish.announce,
        "pin_wanted": wish.pin,
        "forum": wish.forum,
        "length": wish.length,
        "reading": wish.reading,
    }
