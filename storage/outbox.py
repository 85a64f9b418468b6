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

from sqlalchemy import (
    BigInteger,
    Boolean,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.kinship import take_turn
from storage.limits import within_limits
from storage.readings import HOLD, Unread, enlist, unread
from storage.records import PostState
from storage.rows import given, insert_into, packed, portions
from storage.stories import settle
from storage.tables import articles, guilds, merged, posts, subscriptions
from storage.types import RowId, UtcDateTime


@dataclass(frozen=True, slots=True)
class Queueing:
    """How posts are queued: `nonce` makes a mark; where `all_wait`, each waits for its article to be read.

    That is so where a language model writes summaries, of articles with nothing else to be read too.
    """

    nonce: Callable[[], str]
    all_wait: bool = False


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is known of an article that was stored just now, so that nothing has to be asked for it."""

    unread: Unread
    has_copies: bool


async def queue(
    connection: AsyncConnection,
    new: Mapping[int, Sequence[int]],
    how: Queueing,
    now: datetime,
    fresh: Mapping[int, Fresh] | None = None,
) -> dict[int, int]:
    """Queue new articles for started subscriptions, the newest few for the others, which then are started.

    `new` maps sources to the ids of their articles in their order, none for those that only may have
    beginners. Guilds that the bot left get none. Answers how many posts were queued, by source.
    What is `fresh` was stored in this transaction.
    """
    wanted_by: list[tuple[Row[Any], int]] = []
    source_of: dict[int, int] = {}
    for portion in portions(new):
        bringing = packed([(source_id, bool(new[source_id])) for source_id in portion])
        wishes = (await connection.execute(_wishing(connection.dialect.name), {"given": bringing})).all()
        newest = await _newest(connection, [wish for wish in wishes if wish.started_at is None], now)
        for wish in wishes:
            if wish.started_at is not None:
                wanted = new[wish.source_id]
            else:
                found = newest[wish.source_id]
                wanted = found[max(0, len(found) - wish.newest) :]
            wanted_by += ((wish, article_id) for article_id in wanted)
            source_of |= dict.fromkeys(wanted, wish.source_id)
    made_of = await _put(connection, wanted_by, how, now, fresh or {})
    queued: Counter[int] = Counter()
    for article_id, made_for in made_of.items():
        queued[source_of[article_id]] += made_for
    return queued


@cache
def _wishing(dialect: str) -> Select[*tuple[Any, ...]]:
    """Select the subscriptions of these sources that want what is new, or are still to begin."""
    bringing = given(dialect, source_id=RowId, something=Boolean())
    return (
        select(subscriptions)
        .join(bringing, bringing.c.source_id == subscriptions.c.source_id)
        .join(guilds, guilds.c.id == subscriptions.c.guild_id)
        .where(subscriptions.c.started_at.is_(None) | bringing.c.something, guilds.c.left_at.is_(None))
        .order_by(subscriptions.c.id)
    )


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
    await _put(connection, named, how, now, {})


async def _put(
    connection: AsyncConnection,
    wanted_by: Sequence[tuple[Row[Any], int]],
    how: Queueing,
    now: datetime,
    fresh: Mapping[int, Fresh],
) -> Counter[int]:
    """Queue articles for subscriptions that want them; answers how many posts of each there are now."""
    made_of: Counter[int] = Counter()
    if not wanted_by:
        return made_of
    await take_turn(connection)
    wanted_by = await within_limits(connection, wanted_by, now)
    unknown = {article_id: one.unread for article_id, one in fresh.items()}
    others = dict.fromkeys(article_id for _, article_id in wanted_by if article_id not in fresh)
    unknown |= await unread(connection, others)
    rows = [_post(wish, article_id, how, now, unknown[article_id]) for wish, article_id in wanted_by]
    to_read: dict[int, None] = {}
    for batch in portions(rows):
        made = await connection.execute(
            _posting(connection.dialect.name), {"given": packed(batch), "created": now}
        )
        for article_id, due_at in made:
            made_of[article_id] += 1
            if due_at > now:
                to_read[article_id] = None
    may_give_way = [one for one in made_of if one not in fresh or fresh[one].has_copies]
    made_of.subtract(await settle(connection, may_give_way))
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


def _post(wish: Row[Any], article_id: int, how: Queueing, now: datetime, unknown: Unread) -> Sequence[Any]:
    """A post's values, as `_posting` takes them."""
    waits = how.all_wait or unknown.holds(wish.reading, wish.length)
    return (
        wish.guild_id,
        wish.channel_id,
        article_id,
        how.nonce(),
        wish.thread,
        now + HOLD if waits else now,
        now + timedelta(hours=wish.longest_wait_h),
        wish.announce,
        wish.pin,
        wish.forum,
        wish.length,
        wish.reading,
    )


@cache
def _posting(dialect: str) -> Any:
    """The statement that makes posts, and answers which were made and when they are due."""
    wanted = given(
        dialect,
        guild_id=BigInteger(),
        channel_id=BigInteger(),
        article_id=RowId,
        nonce=Text(),
        thread_wanted=Boolean(),
        due_at=UtcDateTime(),
        expires_at=UtcDateTime(),
        announce_wanted=Boolean(),
        pin_wanted=Boolean(),
        forum=Boolean(),
        length=Text(),
        reading=Text(),
    )
    # The condition parts what is inserted from the conflict, for SQLite's parser.
    rows = select(
        *wanted.c,
        literal_column(f"'{PostState.READY}'"),
        literal_column("0"),
        literal_column("0"),
        bindparam("created", type_=UtcDateTime),
    ).where(true())
    return (
        insert_into(dialect, posts)
        .from_select([*wanted.c.keys(), "state", "seeded", "attempts", "created_at"], rows)
        # Only this conflict is one to pass over: a nonce given out twice must not swallow a post.
        .on_conflict_do_nothing(index_elements=["article_id", "channel_id"])
        .returning(posts.c.article_id, posts.c.due_at)
    )
