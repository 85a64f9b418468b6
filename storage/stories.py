"""Stories on channels: where an article is named on another's post, or stands in its thread.

    posts that wait → posts of copies in the same channel → named on these, or put into their threads

Which articles are copies, `storage.kinship` finds. All of it runs inside the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.arrivals import articles_arrived
from storage.records import AlsoCovered, PostState, SameStory
from storage.rows import insert, listed, packed, portions
from storage.tables import (
    articles,
    copies,
    merged,
    posts,
    sources,
    standings,
    subscriptions,
)
from storage.types import DatabaseClock, RowId


async def settle(connection: AsyncConnection, article_ids: Iterable[int]) -> list[int]:
    """Decide, for posts of these articles that wait, what their subscriptions want of the same story's posts.

    A post in whose channel a copy has one already, or before it, gives way to that one and is named there, goes into
    that one's thread, or stays as it is. Answers the articles of posts that gave way, one for each.
    """
    gave_way: list[int] = []
    for portion in portions(article_ids):
        copied = await connection.execute(_copied(connection.dialect.name), {"given": packed(portion)})
        pairs = copied.all()
        if not pairs:
            continue
        rows = (await connection.execute(_beside(*zip(*pairs, strict=True)))).all()
        gone: set[int] = set()
        for post_id, of_post in groupby(rows, key=lambda row: row.id):
            there = next((row for row in of_post if row.there_id not in gone), None)
            if there is None or there.same_story is SameStory.POST:
                continue
            gone.add(post_id)  # nothing is hung onto it any more
            if there.same_story is SameStory.THREAD:
                await connection.execute(
                    update(posts).where(posts.c.id == post_id).values(beside_id=there.there_id)
                )
            else:
                await _merge(connection, there)
                gave_way.append(there.article_id)
    return gave_way


@cache
def _copied(dialect: str) -> Select[int, int]:
    wanted = listed(dialect, article_id=RowId)
    return select(copies.c.article_id, copies.c.other_id).where(
        copies.c.article_id.in_(select(wanted.c.article_id))
    )


def _beside(article_ids: Sequence[int], copy_ids: Sequence[int]) -> Any:
    """Select the posts of these articles that wait, each with the posts of copies in its channel."""
    there = posts.alias("there")
    return (
        select(
            posts.c.id,
            posts.c.article_id,
            subscriptions.c.same_story,
            there.c.id.label("there_id"),
            there.c.state.label("there_state"),
            there.c.article_id.label("there_article_id"),
            there.c.guild_id,
        )
        .join(copies, copies.c.article_id == posts.c.article_id)
        .join(there, and_(there.c.article_id == copies.c.other_id, there.c.channel_id == posts.c.channel_id))
        .join(articles, articles.c.id == posts.c.article_id)
        .join(
            subscriptions,
            and_(
                subscriptions.c.channel_id == posts.c.channel_id,
                subscriptions.c.source_id == articles.c.source_id,
            ),
        )
        .where(
            posts.c.article_id.in_(article_ids),
            # Said once more: by the channel alone, thousands of posts would be looked through.
            there.c.article_id.in_(copy_ids),
            posts.c.state == PostState.READY,
            posts.c.leased_until.is_(None),
            posts.c.beside_id.is_(None),
            there.c.beside_id.is_(None),
            or_(
                there.c.state.in_([PostState.SENDING, PostState.SENT]),
                and_(there.c.state == PostState.READY, there.c.id < posts.c.id),
            ),
        )
        .order_by(posts.c.id, there.c.id)
        .with_for_update(of=[posts, there])
    )


async def _merge(connection: AsyncConnection, there: Row[Any]) -> None:
    """Name a post's article, and those named on it, on the other post, and remove it."""
    found = await connection.scalars(select(merged.c.article_id).where(merged.c.post_id == there.id))
    named = found.all()
    await connection.execute(
        insert(connection, merged).on_conflict_do_nothing(),
        [{"post_id": there.there_id, "article_id": article_id} for article_id in (there.article_id, *named)],
    )
    await connection.execute(delete(posts).where(posts.c.id == there.id))
    if there.there_state is PostState.SENT:
        await articles_arrived(connection, there.guild_id, [there.article_id, *named])
        await draw_again(connection, there.there_article_id, there.guild_id)


async def draw_again(connection: AsyncConnection, article_id: int, guild_id: int) -> None:
    """Have an article's cards in a guild drawn again."""
    await connection.execute(
        update(standings)
        .where(standings.c.article_id == article_id, standings.c.guild_id == guild_id)
        .values(
            version=standings.c.version + 1,
            stale_at=func.coalesce(standings.c.stale_at, DatabaseClock()),
        )
    )


async def also_covered(
    connection: AsyncConnection, post_ids: Iterable[int]
) -> dict[int, tuple[AlsoCovered, ...]]:
    """Answer, by post, which articles are named on it instead of having a post of their own in its channel."""
    found: defaultdict[int, list[AlsoCovered]] = defaultdict(list)
    for portion in portions(post_ids):
        rows = await connection.execute(
            select(
                merged.c.post_id,
                articles.c.id,
                articles.c.title,
                articles.c.url,
                sources.c.title.label("source_title"),
                sources.c.url.label("source_url"),
            )
            .join(articles, articles.c.id == merged.c.article_id)
            .join(sources, sources.c.id == articles.c.source_id)
            .where(merged.c.post_id.in_(portion))
            .order_by(merged.c.post_id, articles.c.id)
        )
        for row in rows:
            found[row.post_id].append(
                AlsoCovered(row.id, row.title, row.url, row.source_title, row.source_url)
            )
    return {post_id: tuple(named) for post_id, named in found.items()}


async def earlier(connection: AsyncConnection, post_ids: Iterable[int]) -> dict[int, AlsoCovered]:
    """Answer, by post, what its channel was told last before it of the same developing story, copies left out."""
    own, before, copied = articles.alias(), posts.alias(), copies.alias()
    found: dict[int, AlsoCovered] = {}
    for portion in portions(post_ids):
        rows = await connection.execute(
            select(
                posts.c.id.label("post_id"),
                articles.c.id,
                articles.c.title,
                articles.c.url,
                sources.c.title.label("source_title"),
                sources.c.url.label("source_url"),
                func.coalesce(before.c.place_id, before.c.channel_id).label("channel_id"),
                before.c.message_id,
            )
            .join(own, own.c.id == posts.c.article_id)
            .join(articles, and_(articles.c.story_id == own.c.story_id, articles.c.id != own.c.id))
            .join(
                before,
                and_(before.c.article_id == articles.c.id, before.c.channel_id == posts.c.channel_id),
            )
            .join(sources, sources.c.id == articles.c.source_id)
            .where(
                posts.c.id.in_(portion),
                before.c.id < posts.c.id,
                before.c.state == PostState.SENT,
                before.c.beside_id.is_(None),
                ~exists().where(copied.c.article_id == own.c.id, copied.c.other_id == articles.c.id),
            )
            .order_by(posts.c.id, before.c.id)
        )
        for row in rows:
            found[row.post_id] = AlsoCovered(
                row.id, row.title, row.url, row.source_title, row.source_url, row.channel_id, row.message_id
            )
    return found
