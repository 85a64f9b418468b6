"""What members are to be told: each thing once, whatever of it they follow.

arrivals → matched: tidings, one for a member and a thing → waiting, or held → put into a letter (see `letters`)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.records import (
    ArticleArrived,
    CommentArrived,
    Follow,
    PostState,
    Sighting,
    Tiding,
    TidingState,
)
from storage.rows import insert, portions, read
from storage.tables import (
    UNSENT_LETTER,
    WAITING,
    arrivals,
    articles,
    comments,
    digest_articles,
    digests,
    follows,
    is_sent,
    letters,
    listeners,
    merged,
    posts,
    tidings,
)


class Tidings:
    """What came and is to be matched, and what waits to be told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def arrived(self, after: int, limit: int) -> list[ArticleArrived | CommentArrived]:
        """List what came after another arrival (by id; 0: all) and is still to be matched, oldest first."""
        query = (
            select(
                arrivals,
                articles.c.source_id,
                articles.c.title,
                articles.c.summary,
                articles.c.tags,
                articles.c.author,
                comments.c.author_id,
                comments.c.created_at,
            )
            .select_from(arrivals)
            .join(articles, articles.c.id == arrivals.c.article_id)
            .outerjoin(comments, comments.c.message_id == arrivals.c.comment_id)
            .where(arrivals.c.id > after)
            .order_by(arrivals.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_arrived(row) for row in await connection.execute(query)]

    async def matched(
        self,
        came: Sequence[tuple[ArticleArrived | CommentArrived, Collection[Follow]]],
        now: datetime,
    ) -> None:
        """Store whom each of these arrivals is told for which follow, once a member; they are no arrivals any more."""
        async with self._database.writing() as connection:
            # Of what was erased or unfollowed meanwhile, nobody is told.
            there = set(
                await connection.scalars(
                    select(arrivals.c.id).where(arrivals.c.id.in_([one.id for one, _ in came]))
                )
            )
            wanted = [(one, follow) for one, fitting in came if one.id in there for follow in fitting]
            ids = {follow.id for _, follow in wanted}
            kept: set[int] = set()
            for portion in portions(sorted(ids)):
                kept.update(await connection.scalars(select(follows.c.id).where(follows.c.id.in_(portion))))
            closed = await _closed(connection, {follow.member_id for _, follow in wanted})
            for batch in portions([(one, follow) for one, follow in wanted if follow.id in kept]):
                await connection.execute(
                    insert(connection, tidings).on_conflict_do_nothing(),
                    [_tiding(one, follow, closed, now) for one, follow in batch],
                )
            await connection.execute(delete(arrivals).where(arrivals.c.id.in_(there)))

    async def next_waiting(self, now: datetime, limit: int) -> list[Tiding]:
        """List what is due for the member and the place that waits longest, directly or in one channel."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(tidings)
                    .where(WAITING, tidings.c.due_at <= now)
                    .order_by(tidings.c.due_at, tidings.c.id)
                    .limit(1)
                )
            ).one_or_none()
            if row is None:
                return []
            place = (
                tidings.c.channel_id.is_(None)
                if row.channel_id is None
                else tidings.c.channel_id == row.channel_id
            )
            rows = await connection.execute(
                select(tidings)
                .where(
                    tidings.c.member_id == row.member_id,
                    tidings.c.guild_id == row.guild_id,
                    place,
                    WAITING,
                    tidings.c.due_at <= now,
                )
                .order_by(tidings.c.id)
                .limit(limit)
            )
            return [read(Tiding, tidings, row) for row in rows]

    async def tell_at(self, when: Mapping[datetime, Collection[int]]) -> None:
        """Store when tidings, by id, are told."""
        async with self._database.writing() as connection:
            for due_at, ids in when.items():
                for portion in portions(ids):
                    await connection.execute(
                        update(tidings).where(tidings.c.id.in_(portion), WAITING).values(due_at=due_at)
                    )

    async def put_off(self, guild_id: int, now: datetime, until: datetime) -> None:
        """Have all that is due in a guild be looked at again then."""
        due = and_(tidings.c.guild_id == guild_id, WAITING, tidings.c.due_at <= now)
        async with self._database.writing() as connection:
            await connection.execute(update(tidings).where(due).values(due_at=until))

    async def sightings(self, tiding_ids: Collection[int]) -> list[Sighting]:
        """List where tidings can be seen: posts' messages, digests' that name the article, comments' own."""
        async with self._database.reading() as connection:
            found: list[Sighting] = []
            for portion in portions(tiding_ids):
                for query in _sightings(portion):
                    found += [Sighting(*row) for row in await connection.execute(query)]
            return found

    async def member_left(self, guild_id: int, member_id: int) -> None:
        """Record that a member is not in a guild any more: they follow nothing there, and are told nothing of it."""
        async with self._database.writing() as connection:
            for table in (tidings, follows):
                await connection.execute(
                    delete(table).where(table.c.member_id == member_id, table.c.guild_id == guild_id)
                )
            await connection.execute(
                delete(letters).where(
                    letters.c.member_id == member_id, letters.c.guild_id == guild_id, UNSENT_LETTER
                )
            )

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most `limit` tidings, and as many letters, from before then; answers how many went."""
        gone = 0
        async with self._database.writing() as connection:
            for table, which in ((tidings, None), (letters, ~UNSENT_LETTER)):
                old = select(table.c.id).where(table.c.created_at < before)
                if which is not None:
                    old = old.where(which)
                old = old.order_by(table.c.created_at).limit(limit)
                erased = await connection.execute(delete(table).where(table.c.id.in_(old.scalar_subquery())))
                gone += erased.rowcount
        return gone


async def _closed(connection: AsyncConnection, member_ids: Collection[int]) -> set[int]:
    """Which of the members take no direct messages."""
    found: set[int] = set()
    for portion in portions(sorted(member_ids)):
        found.update(
            await connection.scalars(
                select(listeners.c.member_id).where(
                    listeners.c.member_id.in_(portion), listeners.c.closed_at.is_not(None)
                )
            )
        )
    return found


def _arrived(row: Any) -> ArticleArrived | CommentArrived:
    if row.comment_id is not None:
        return CommentArrived(
            *(row.id, row.guild_id, row.article_id, row.comment_id),
            *(row.author_id, row.answers, row.created_at, row.member_id),
        )
    return ArticleArrived(
        *(row.id, row.guild_id, row.article_id, row.source_id),
        *(row.title, row.summary, row.tags, row.author, row.member_id),
    )


def _tiding(
    one: ArticleArrived | CommentArrived, follow: Follow, closed: Collection[int], now: datetime
) -> dict[str, Any]:
    held = follow.channel_id is None and follow.member_id in closed
    of_comment = isinstance(one, CommentArrived)
    return {
        "guild_id": one.guild_id,
        "member_id": follow.member_id,
        "article_id": None if of_comment else one.article_id,
        "comment_id": one.comment_id if isinstance(one, CommentArrived) else None,
        "follow_id": follow.id,
        "kind": follow.kind,
        "wording": follow.wording,
        "channel_id": follow.channel_id,
        "gathered": follow.gathered,
        "state": TidingState.HELD if held else TidingState.WAITING,
        "created_at": now,
        "due_at": now,
    }


def _sightings(tiding_ids: Sequence[int]) -> list[Any]:
    """Queries of where tidings can be seen: tiding, channel by which it is visible, channel and message."""
    these = tidings.c.id.in_(tiding_ids)
    of_guild = posts.c.guild_id == tidings.c.guild_id
    place = func.coalesce(posts.c.place_id, posts.c.channel_id)
    seen = (tidings.c.id, posts.c.channel_id, place, posts.c.message_id)
    own = and_(posts.c.article_id == tidings.c.article_id, of_guild, is_sent(posts))
    # A digest in a forum stands in its own thread.
    stands_in = func.coalesce(digests.c.place_id, digests.c.channel_id)
    late = (tidings.c.id, digests.c.channel_id, stands_in, digests.c.message_id)
    # A thread on a post is as visible as the post's channel; one that a member made has its message's id.
    threads = and_(
        posts.c.article_id == comments.c.article_id,
        posts.c.guild_id == comments.c.guild_id,
        or_(posts.c.thread_id == comments.c.channel_id, posts.c.message_id == comments.c.channel_id),
    )
    visible_in = func.coalesce(posts.c.channel_id, comments.c.channel_id)
    return [
        select(*seen).select_from(tidings).join(posts, own).where(these).order_by(posts.c.id),
        select(*seen)
        .select_from(tidings)
        .join(merged, merged.c.article_id == tidings.c.article_id)
        .join(posts, and_(posts.c.id == merged.c.post_id, of_guild, is_sent(posts)))
        .where(these)
        .order_by(posts.c.id),
        select(*late)
        .select_from(tidings)
        .join(digest_articles, digest_articles.c.article_id == tidings.c.article_id)
        .join(
            digests,
            and_(
                digests.c.id == digest_articles.c.digest_id,
                digests.c.guild_id == tidings.c.guild_id,
                digests.c.state == PostState.SENT,
            ),
        )
        .where(these),
        select(tidings.c.id, visible_in, comments.c.channel_id, comments.c.message_id)
        .select_from(tidings)
        .join(comments, comments.c.message_id == tidings.c.comment_id)
        .outerjoin(posts, threads)
        .where(these, ~comments.c.hidden),
    ]
