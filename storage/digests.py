"""Digests of what waited too long for its channel: gathered from the outbox, then carried like a post."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.arrivals import articles_arrived
from storage.away import come_back
from storage.database import Database
from storage.digest_stories import read_stories, stored_entries
from storage.outbox import Queueing, queue_named
from storage.queues import UNBOUNDED, is_free, next_digest_at, next_digests
from storage.records import Digest, DigestLine, DigestToPost, PostState
from storage.rows import insert, portions, read
from storage.schedules import end_channel, part
from storage.tables import (
    READY,
    UNSENT,
    articles,
    digest_articles,
    digests,
    guilds,
    merged,
    over_limit,
    posts,
    sources,
)

LISTED = 50
"""So many of a digest's articles are read; the others are counted."""


def _waits(now: datetime) -> ColumnElement[bool]:
    """Whether a digest can still be changed: what is claimed was read already, to be sent so."""
    return and_(digests.c.state == PostState.READY, is_free(digests, now))


def _open(now: datetime) -> ColumnElement[bool]:
    """Whether a digest still takes what waited too long. A halved one would get back what it was parted from."""
    return and_(_waits(now), ~digests.c.halved, digests.c.schedule_id.is_(None))


def _claimed(digest: Digest) -> ColumnElement[bool]:
    return and_(digests.c.id == digest.id, digests.c.claim == digest.claim, UNSENT)


async def give_up_digest(connection: AsyncConnection, channel_id: int) -> None:
    """Give up a channel's digests, within the caller's transaction: the channel is gone."""
    await end_channel(connection, channel_id)
    await connection.execute(
        update(digests)
        .where(digests.c.channel_id == channel_id, UNSENT)
        .values(state=PostState.DELETED, leased_until=None)
    )


async def forget_source(connection: AsyncConnection, channel_id: int, source_id: int, now: datetime) -> None:
    """Have a channel's digest that waits not name a source's articles; one that names none any more goes.

    Those that were over the channel's limit are in no digest.
    """
    of_source = select(articles.c.id).where(articles.c.source_id == source_id)
    await connection.execute(
        delete(over_limit).where(
            over_limit.c.channel_id == channel_id, over_limit.c.article_id.in_(of_source)
        )
    )
    late = and_(_waits(now), digests.c.schedule_id.is_(None))
    waiting = select(digests.c.id).where(digests.c.channel_id == channel_id, UNSENT, late)
    digest_id = await connection.scalar(waiting.with_for_update())
    if digest_id is None:
        return
    named = digest_articles.c.digest_id == digest_id
    await connection.execute(
        delete(digest_articles).where(named, digest_articles.c.article_id.in_(of_source))
    )
    await connection.execute(delete(digests).where(digests.c.id == digest_id, ~exists().where(named)))


class Digests:
    """The digests on their way. A channel has one at a time; what expires while it is being sent waits for the next.

    A step that is handed a digest of an earlier claim, or that no longer fits its state, does nothing.
    """

    def __init__(self, database: Database, queueing: Queueing) -> None:
        self._database = database
        self._queueing = queueing

    async def gather(self, now: datetime, limit: int) -> int:
        """Put at most `limit` posts that have waited too long into their channels' digests; answers how many.

        With a post come the articles that are named on it. A post that is being sent, or may have been, stays.
        """
        closed = exists().where(digests.c.channel_id == posts.c.channel_id, UNSENT, ~_open(now))
        async with self._database.writing() as connection:
            expired = (
                await connection.execute(
                    select(posts.c.id, posts.c.guild_id, posts.c.channel_id, posts.c.due_at, posts.c.forum)
                    .join(guilds, guilds.c.id == posts.c.guild_id)
                    .where(
                        READY,
                        posts.c.expires_at <= now,
                        is_free(posts, now),
                        guilds.c.left_at.is_(None),
                        ~closed,
                    )
                    .order_by(posts.c.expires_at, posts.c.id)
                    .limit(limit)
                    .with_for_update(of=posts, skip_locked=True)
                )
            ).all()
            in_channel: defaultdict[int, list[Any]] = defaultdict(list)
            for post in expired:
                in_channel[post.channel_id].append(post)
            gathered = 0
            for portion in portions(sorted(in_channel)):
                await self._begin(connection, [in_channel[channel_id] for channel_id in portion], now)
                # Whoever claimed one so long ago that the claim has ended knows a shorter list: that one is not sent.
                taking = await connection.execute(
                    update(digests)
                    .where(digests.c.channel_id.in_(portion), UNSENT, _open(now))
                    .values(claim=digests.c.claim + 1)
                    .returning(digests.c.id, digests.c.channel_id)
                )
                for digest_id, channel_id in taking.all():
                    ids = [post.id for post in in_channel[channel_id]]
                    await _take(connection, digest_id, ids, now)
                    gathered += len(ids)
            return gathered

    async def _begin(self, connection: AsyncConnection, by_channel: list[list[Any]], now: datetime) -> None:
        """Have a digest in each channel, due when its posts were to be tried again."""
        await connection.execute(
            insert(connection, digests).on_conflict_do_nothing(
                index_elements=["channel_id"], index_where=UNSENT
            ),
            [
                {
                    "guild_id": waited[0].guild_id,
                    "channel_id": waited[0].channel_id,
                    "state": PostState.READY,
                    "nonce": self._queueing.nonce(),
                    "due_at": max(now, *(post.due_at for post in waited)),
                    "attempts": 0,
                    "forum": waited[0].forum,
                    "created_at": now,
                }
                for waited in by_channel
            ],
        )

    async def page(self, nonce: str, offset: int, limit: int) -> DigestToPost | None:
        """Read a part of a digest's articles, from `offset` on; None where there is no digest of this mark."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(digests).where(digests.c.nonce == nonce))
            row = found.one_or_none()
            return None if row is None else await _read(connection, read(Digest, digests, row), offset, limit)

    async def claim(
        self, now: datetime, limit: int, lease: timedelta, most_of_guild: int = UNBOUNDED
    ) -> list[DigestToPost]:
        """Claim digests that are due, longest due first. A claimed one is nobody else's until the lease has ended.

        A guild has at most `most_of_guild` posts and digests claimed at once.
        """
        async with self._database.writing() as connection:
            values = {"now": now, "most": most_of_guild, "room": limit}
            wanted = await connection.scalars(next_digests(), values)
            claimed = await connection.scalars(
                select(digests.c.id)
                .where(digests.c.id.in_(wanted.all()), UNSENT, digests.c.due_at <= now, is_free(digests, now))
                .with_for_update(skip_locked=True)
            )
            ids = claimed.all()
            if not ids:
                return []
            await connection.execute(
                update(digests)
                .where(digests.c.id.in_(ids))
                .values(leased_until=now + lease, attempts=digests.c.attempts + 1, claim=digests.c.claim + 1)
            )
            rows = await connection.execute(
                select(digests).where(digests.c.id.in_(ids)).order_by(digests.c.id)
            )
            return [await _read(connection, read(Digest, digests, row)) for row in rows.all()]

    async def begin_sending(
        self, digest: Digest, after_id: int | None, now: datetime, place_id: int | None = None
    ) -> bool:
        """Record that sending begins, and the channel's newest message before it; False: do not send.

        One that stood at SENDING keeps its first `after_id`. A digest goes into its channel: `place_id` is None.
        """
        begun = digests.c.state == PostState.SENDING
        return await self._change(
            _claimed(digest),
            state=PostState.SENDING,
            after_id=case((begun, digests.c.after_id), else_=after_id),
            place_id=case((begun, digests.c.place_id), else_=place_id),
        )

    async def sent(self, digest: Digest, message_id: int, now: datetime) -> bool:
        """Record the message that the digest became; the channel is not away any more."""
        async with self._database.writing() as connection:
            done = await connection.execute(
                update(digests)
                .where(_claimed(digest), digests.c.state == PostState.SENDING)
                .values(
                    state=PostState.SENT,
                    message_id=message_id,
                    place_id=message_id if digest.forum else None,
                    sent_at=now,
                    leased_until=None,
                    problem=None,
                )
            )
            if done.rowcount:
                await come_back(connection, digest.channel_id, now)
                named = select(digest_articles.c.article_id).where(digest_articles.c.digest_id == digest.id)
                if digest.schedule_id is not None:
                    # All others were there before, on cards: who follows them was told then, if they did then.
                    named = named.where(digest_articles.c.over)
                told = (await connection.scalars(named)).all()
                await articles_arrived(connection, digest.guild_id, told)
            return done.rowcount > 0

    async def postpone(self, digest: Digest, due_at: datetime, problem: str, unsent: bool) -> bool:
        """Try again later. `unsent`: it is known that no message was made; otherwise it will be looked for."""
        back = and_(digests.c.state == PostState.SENDING, literal(unsent))
        return await self._change(
            _claimed(digest),
            state=case((back, PostState.READY.value), else_=digests.c.state),
            after_id=case((back, None), else_=digests.c.after_id),
            due_at=due_at,
            leased_until=None,
            problem=problem,
        )

    async def refuse(self, digest: Digest, problem: str, now: datetime) -> bool:
        """Part a digest that Discord will never take, so that what is wrong with one article is no other one's loss.

        The posts of its later half wait for the channel's next digest. With what it keeps it is due now, under a new
        mark, for Discord may remember the old one. Of a single post nothing is left: digest and post are given up, and
        say why. Articles named on a post go where it goes.
        """
        async with self._database.writing() as connection:
            claimed = select(digests.c.id).where(_claimed(digest)).with_for_update()
            if await connection.scalar(claimed) is None:
                return False
            if digest.schedule_id is not None:
                await part(connection, digest, problem, self._queueing.nonce, now)
                return True
            named = digest_articles.c.digest_id == digest.id
            own = case((digest_articles.c.article_id == posts.c.article_id, 1), else_=0)
            rows = await connection.execute(
                select(digest_articles.c.place, func.max(own).label("own"))
                .join(posts, posts.c.id == digest_articles.c.place)
                .where(named)
                .group_by(digest_articles.c.place)
                .order_by(digest_articles.c.place)
            )
            told = rows.all()
            kept, parted = told[: len(told) // 2], told[len(told) // 2 :]
            if not kept:
                given_up = {"state": PostState.REFUSED, "problem": problem}
                await connection.execute(
                    update(digests).where(digests.c.id == digest.id).values(leased_until=None, **given_up)
                )
                await _give_back(connection, [post.place for post in parted], given_up)
                return True
            await connection.execute(
                delete(digest_articles).where(named, digest_articles.c.place >= parted[0].place)
            )
            await connection.execute(
                update(digests)
                .where(digests.c.id == digest.id)
                .values(
                    state=PostState.READY,
                    nonce=self._queueing.nonce(),
                    after_id=None,
                    due_at=now,
                    leased_until=None,
                    # Who does not learn that this was written writes it again: that must not part it once more.
                    claim=digests.c.claim + 1,
                    attempts=0,
                    problem=problem,
                    halved=True,
                )
            )
            whole = [post.place for post in parted if post.own]
            await _give_back(connection, whole, {"state": PostState.READY, "due_at": now})
            # Of these their own articles are not wanted any more, only what was named on them.
            await queue_named(
                connection, [post.place for post in parted if not post.own], self._queueing, now
            )
            return True

    async def deleted(self, digest: Digest, problem: str) -> bool:
        """Give up a digest whose message somebody deleted before it was known here, and say so."""
        return await self._change(
            _claimed(digest), state=PostState.DELETED, leased_until=None, problem=problem
        )

    async def release_leases(self) -> None:
        """Free all claims, on start: whoever held them is gone."""
        await self._change(and_(UNSENT, digests.c.leased_until.is_not(None)), leased_until=None)

    async def _change(self, which: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(update(digests).where(which).values(**values))).rowcount > 0

    async def next_due_at(self, now: datetime, most_of_guild: int = UNBOUNDED) -> datetime | None:
        """Answer when the next digest can be claimed; None while none waits, or all for a post of their guild."""
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(
                next_digest_at(), {"now": now, "most": most_of_guild}
            )
            return due

    async def next_expiry_at(self) -> datetime | None:
        """Answer when the next post will have waited too long; None while none waits."""
        async with self._database.reading() as connection:
            at: datetime | None = await connection.scalar(select(func.min(posts.c.expires_at)).where(READY))
            return at


async def _take(connection: AsyncConnection, digest_id: int, post_ids: list[int], now: datetime) -> None:
    """Have a digest name posts' articles, and those named on them, in the order of the posts."""
    for portion in portions(post_ids):
        own = select(literal(digest_id), posts.c.article_id, posts.c.id).where(posts.c.id.in_(portion))
        named = select(literal(digest_id), merged.c.article_id, merged.c.post_id).where(
            merged.c.post_id.in_(portion)
        )
        for told in (own, named):
            await connection.execute(
                insert(connection, digest_articles)
                .from_select(["digest_id", "article_id", "place"], told)
                .on_conflict_do_nothing(index_elements=["digest_id", "article_id"])
            )
        await connection.execute(
            update(posts)
            .where(posts.c.id.in_(portion))
            .values(state=PostState.GATHERED, finished_at=now, leased_until=None)
        )


async def _give_back(connection: AsyncConnection, post_ids: list[int], values: dict[str, Any]) -> None:
    """Have posts that were gathered be what they are without their digest."""
    for portion in portions(post_ids):
        await connection.execute(
            update(posts)
            .where(posts.c.id.in_(portion), posts.c.state == PostState.GATHERED)
            .values(finished_at=None, **values)
        )


async def _read(
    connection: AsyncConnection, digest: Digest, offset: int = 0, limit: int = LISTED
) -> DigestToPost:
    named = digest_articles.c.digest_id == digest.id
    rows = await connection.execute(
        select(articles.c.title, articles.c.url, sources.c.title, sources.c.url)
        .select_from(digest_articles)
        .join(articles, articles.c.id == digest_articles.c.article_id)
        .join(sources, sources.c.id == articles.c.source_id)
        .where(named, ~digest_articles.c.also)
        .order_by(digest_articles.c.place, digest_articles.c.article_id)
        .offset(offset)
        .limit(limit)
    )
    lines = tuple(DigestLine(*row) for row in rows)
    counting = select(func.count()).select_from(digest_articles).where(named, ~digest_articles.c.also)
    count = await connection.scalar(counting)
    entries = await stored_entries(connection, digest)
    return DigestToPost(digest, lines, count or 0, await read_stories(connection, digest.guild_id, entries))
