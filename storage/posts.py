"""Posts: the outbox on its way into channels (ready → sending → sent), step by step, and the messages after."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cards import read_cards, select_cards
from storage.database import Database
from storage.records import CardToPost, CardToRefresh, Post, PostState, TrackedChannel
from storage.rows import portions, read
from storage.stories import draw_again
from storage.tables import (
    SENT,
    UNFINISHED,
    guilds,
    is_unfinished,
    posts,
    reactions,
    standings,
)
from storage.tallies import Ranks, lock, make_standing, recompute
from storage.types import DatabaseClock


def _heads() -> Any:
    """Select each channel's oldest unfinished post: a channel's posts go out one after the other."""
    return select(func.min(posts.c.id).label("id")).where(UNFINISHED).group_by(posts.c.channel_id).subquery()


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(posts.c.leased_until.is_(None), posts.c.leased_until <= now)


async def _is_outdated(connection: AsyncConnection, shown: CardToPost) -> bool:
    """Whether a message may show less than is stored.

    While it was on its way its article was read or revised, or another source told the same.
    """
    if shown.post.state is PostState.SENDING:
        return True
    rows = await connection.execute(select_cards().where(posts.c.id == shown.post.id))
    (card,) = await read_cards(connection, rows)
    return (card.article, card.summary, card.also) != (shown.article, shown.summary, shown.also)


class Posts:
    """The outbox and the messages that came of it. A step that no longer fits the post's state does nothing."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> list[CardToPost]:
        """Claim posts that are due: at most one a channel, its oldest unfinished one, guilds taking turns.

        A claimed post, and with it its channel, is nobody else's until the lease has ended.
        """
        heads = _heads()
        others = posts.alias()
        turns = (
            select(
                posts.c.id,
                func.row_number().over(partition_by=posts.c.guild_id, order_by=posts.c.id).label("turn"),
            )
            .join(heads, heads.c.id == posts.c.id)
            .join(guilds, guilds.c.id == posts.c.guild_id)
            .where(
                posts.c.due_at <= now,
                _free(now),
                guilds.c.left_at.is_(None),
                # With several writers a lower id can come to light after a higher one was claimed.
                ~exists().where(
                    others.c.channel_id == posts.c.channel_id,
                    is_unfinished(others),
                    others.c.leased_until > now,
                ),
            )
            .subquery()
        )
        async with self._database.writing() as connection:
            wanted = await connection.scalars(
                select(turns.c.id).order_by(turns.c.turn, turns.c.id).limit(limit)
            )
            claimed = await connection.scalars(
                select(posts.c.id)
                .where(posts.c.id.in_(wanted.all()), UNFINISHED, posts.c.due_at <= now, _free(now))
                .with_for_update(skip_locked=True)
            )
            ids = claimed.all()
            if not ids:
                return []
            await connection.execute(
                update(posts)
                .where(posts.c.id.in_(ids))
                .values(leased_until=now + lease, attempts=posts.c.attempts + 1)
            )
            rows = await connection.execute(select_cards().where(posts.c.id.in_(ids)).order_by(posts.c.id))
            return await read_cards(connection, rows)

    async def begin_sending(
        self, post_id: int, after_id: int | None, now: datetime, place_id: int | None = None
    ) -> bool:
        """Record that sending begins, and the channel's newest message before it; False: do not send.

        `place_id` is the thread that it is sent into, where it is not the channel itself.

        A post that stood at SENDING keeps its first `after_id`: from there on its message is looked for.
        """
        async with self._database.writing() as connection:
            begun = await connection.execute(
                update(posts)
                .where(posts.c.id == post_id, posts.c.state.in_([PostState.READY, PostState.SENDING]))
                .values(
                    state=PostState.SENDING,
                    after_id=case(
                        (posts.c.state == PostState.SENDING, posts.c.after_id),
                        else_=after_id,
                    ),
                    place_id=case(
                        (posts.c.state == PostState.SENDING, posts.c.place_id),
                        else_=place_id,
                    ),
                )
            )
            return begun.rowcount > 0

    async def leave_thread(self, post_id: int, now: datetime) -> None:
        """Have a post that can't go into another's thread, and surely is not there, go into its channel."""
        await self._change(
            and_(posts.c.id == post_id, posts.c.state.in_([PostState.READY, PostState.SENDING])),
            state=PostState.READY,
            beside_id=None,
            place_id=None,
            after_id=None,
            due_at=now,
            leased_until=None,
        )

    async def sent(
        self,
        post_id: int,
        message_id: int,
        now: datetime,
        attached: tuple[str | None, str] | None = None,
        shown: CardToPost | None = None,
    ) -> bool:
        """Record the message that the post became; the first one in a guild gives the article its standing.

        `attached` is the address of the image that it carries as a file, and the file's name. `shown` is the card that
        the message was made of; where another is stored by now, or an earlier attempt may have sent another, it is
        drawn again.
        """
        address, name = attached or (None, None)
        async with self._database.writing() as connection:
            row = (
                await connection.execute(
                    update(posts)
                    .where(posts.c.id == post_id, posts.c.state == PostState.SENDING)
                    .values(
                        state=PostState.SENT,
                        message_id=message_id,
                        sent_at=now,
                        problem=None,
                        attempts=0,
                        attached=address,
                        attached_as=name,
                    )
                    .returning(posts.c.article_id, posts.c.guild_id)
                )
            ).one_or_none()
            if row is None:
                return False
            await make_standing(connection, self._ranks, row.article_id, row.guild_id, now)
            # Comments outlive a deleted card: an article that comes back brings them along.
            await recompute(connection, self._ranks, row.article_id, row.guild_id)
            if shown is not None and await _is_outdated(connection, shown):
                await draw_again(connection, row.article_id, row.guild_id)
            return True

    async def attached(self, post_id: int, address: str | None, name: str | None) -> None:
        """Record which image the post's message carries as a file now, if any."""
        await self._change(posts.c.id == post_id, attached=address, attached_as=name)

    async def threaded(self, post_id: int, thread_id: int) -> None:
        """Record the post's thread."""
        await self._change(posts.c.id == post_id, thread_id=thread_id)

    async def seeded(self, post_id: int, count: int) -> None:
        """Record how many vote reactions the bot has placed on the post."""
        await self._change(posts.c.id == post_id, seeded=count)

    async def finish(self, post_id: int, now: datetime) -> None:
        """Record that nothing remains to be done; the channel's next post may go."""
        await self._change(posts.c.id == post_id, finished_at=now, leased_until=None, problem=None)

    async def postpone(self, post_id: int, due_at: datetime, problem: str, unsent: bool) -> None:
        """Try again later. `unsent`: it is known that no message was made; otherwise it will be looked for."""
        back = and_(posts.c.state == PostState.SENDING, literal(unsent))
        await self._change(
            and_(posts.c.id == post_id, UNFINISHED),
            state=case((back, PostState.READY.value), else_=posts.c.state),
            after_id=case((back, None), else_=posts.c.after_id),
            due_at=due_at,
            leased_until=None,
            problem=problem,
        )

    async def postpone_channel(self, channel_id: int, due_at: datetime, problem: str) -> None:
        """Have all of a channel's unfinished posts wait, each where it stands: the channel is away for now."""
        await self._change(
            and_(posts.c.channel_id == channel_id, UNFINISHED),
            due_at=due_at,
            leased_until=None,
            problem=problem,
        )

    async def refuse(self, post_id: int, problem: str) -> None:
        """Give up a post that Discord will never take, and say why."""
        await self._change(
            and_(posts.c.id == post_id, posts.c.state.in_([PostState.READY, PostState.SENDING])),
            state=PostState.REFUSED,
            leased_until=None,
            problem=problem,
        )

    async def release_leases(self) -> None:
        """Free all claims, on start: whoever held them is gone."""
        await self._change(and_(UNFINISHED, posts.c.leased_until.is_not(None)), leased_until=None)

    async def _change(self, which: ColumnElement[bool], **values: Any) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(posts).where(which).values(**values))

    async def next_due_at(self) -> datetime | None:
        """Answer when the next post can be claimed; None while none waits."""
        heads = _heads()
        claimable = case((posts.c.leased_until > posts.c.due_at, posts.c.leased_until), else_=posts.c.due_at)
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(
                select(func.min(claimable))
                .select_from(posts)
                .join(heads, heads.c.id == posts.c.id)
                .join(guilds, guilds.c.id == posts.c.guild_id)
                .where(guilds.c.left_at.is_(None))
            )
            return due

    async def by_message(self, message_id: int) -> Post | None:
        """Find the post that became this message, even if the message was deleted."""
        return await self._one(posts.c.message_id == message_id)

    async def by_thread(self, thread_id: int) -> Post | None:
        """Find the post that this thread hangs on."""
        return await self._one(posts.c.thread_id == thread_id)

    async def by_nonce(self, nonce: str) -> Post | None:
        """Find the post with this nonce."""
        return await self._one(posts.c.nonce == nonce)

    async def _one(self, condition: ColumnElement[bool]) -> Post | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(posts).where(condition).limit(1))).one_or_none()
            return read(Post, posts, row) if row else None

    async def card(self, post_id: int) -> CardToPost | None:
        """Answer all that the post's card needs, as of now."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select_cards().where(posts.c.id == post_id))
            return next(iter(await read_cards(connection, rows)), None)

    async def channel_deleted(self, channel_id: int, now: datetime) -> int:
        """Record that a channel or thread is gone: its posts with their votes, or the thread of a post.

        Answers how many posts of ours were in it.
        """
        async with self._database.writing() as connection:
            await connection.execute(
                update(posts)
                .where(posts.c.thread_id == channel_id)
                .values(thread_id=None, thread_wanted=False)
            )
            await connection.execute(
                update(posts)
                .where(posts.c.channel_id == channel_id, UNFINISHED, posts.c.message_id.is_(None))
                .values(state=PostState.DELETED, finished_at=now, leased_until=None)
            )
            await connection.execute(
                update(posts)
                .where(posts.c.place_id == channel_id, posts.c.state == PostState.SENDING)
                .values(state=PostState.READY, beside_id=None, place_id=None, after_id=None)
            )
            sent = await connection.scalars(
                select(posts.c.message_id).where(
                    or_(posts.c.channel_id == channel_id, posts.c.place_id == channel_id), SENT
                )
            )
            deleted = 0
            for portion in portions([message_id for message_id in sent if message_id is not None]):
                deleted += await self._delete(connection, portion, now)
            return deleted

    async def message_deleted(self, message_ids: Collection[int], now: datetime) -> int:
        """Record that messages were deleted on Discord: their votes go; answers how many were posts of ours."""
        deleted = 0
        async with self._database.writing() as connection:
            for portion in portions(sorted(message_ids)):
                deleted += await self._delete(connection, portion, now)
        return deleted

    async def _delete(self, connection: AsyncConnection, message_ids: Collection[int], now: datetime) -> int:
        gone = (
            await connection.execute(
                select(posts.c.id, posts.c.article_id, posts.c.guild_id).where(
                    posts.c.message_id.in_(message_ids), SENT
                )
            )
        ).all()
        places = sorted({(row.article_id, row.guild_id) for row in gone})
        ids = [row.id for row in gone]
        for article_id, guild_id in places:
            await lock(connection, article_id, guild_id)
        await connection.execute(
            update(posts)
            .where(posts.c.id.in_(ids))
            .values(state=PostState.DELETED, finished_at=now, leased_until=None)
        )
        await connection.execute(delete(reactions).where(reactions.c.post_id.in_(ids)))
        for article_id, guild_id in places:
            await recompute(connection, self._ranks, article_id, guild_id)
        return len(ids)

    async def waiting(self, guild_id: int) -> int:
        """Count a guild's posts that are not in their channel yet."""
        async with self._database.reading() as connection:
            waiting = await connection.scalar(
                select(func.count())
                .select_from(posts)
                .where(posts.c.guild_id == guild_id, UNFINISHED, posts.c.message_id.is_(None))
            )
            return waiting or 0

    async def tracked(self, since: datetime) -> list[TrackedChannel]:
        """List channels and threads with what was sent there since, oldest first, to be compared with Discord."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(posts)
                .join(guilds, guilds.c.id == posts.c.guild_id)
                .where(SENT, posts.c.sent_at >= since, guilds.c.left_at.is_(None))
                .order_by(
                    posts.c.guild_id, func.coalesce(posts.c.place_id, posts.c.channel_id), posts.c.message_id
                )
            )
            sent = [read(Post, posts, row) for row in rows]
        return [
            TrackedChannel(guild_id, channel_id, tuple(of_channel))
            for (guild_id, channel_id), of_channel in groupby(
                sent, key=lambda post: (post.guild_id, post.place)
            )
        ]

    async def stale_cards(self, limit: int) -> list[CardToRefresh]:
        """List the cards of at most `limit` articles that no longer show what is stored, longest stale first."""
        stale = (
            select(standings.c.article_id, standings.c.guild_id)
            .join(guilds, guilds.c.id == standings.c.guild_id)
            .where(
                standings.c.stale_at.is_not(None),
                standings.c.stale_at <= DatabaseClock(),
                guilds.c.left_at.is_(None),
            )
            .order_by(standings.c.stale_at, standings.c.article_id, standings.c.guild_id)
            .limit(limit)
            .subquery()
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select_cards()
                .join(
                    stale,
                    and_(stale.c.article_id == posts.c.article_id, stale.c.guild_id == posts.c.guild_id),
                )
                .where(SENT)
                .order_by(standings.c.stale_at, standings.c.article_id, standings.c.guild_id, posts.c.id)
            )
            stale_rows = rows.all()
            cards = await read_cards(connection, stale_rows)
            versions = [row._mapping[standings.c.version] for row in stale_rows]
            return [CardToRefresh(card, version) for card, version in zip(cards, versions, strict=True)]

    async def card_not_refreshed(self, article_id: int, guild_id: int, again_at: datetime) -> None:
        """Record that one of the article's cards could not be edited: it comes again then, after the others."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(standings)
                .where(standings.c.article_id == article_id, standings.c.guild_id == guild_id)
                .values(stale_at=again_at)
            )

    async def card_refreshed(self, article_id: int, guild_id: int, version: int) -> None:
        """Record that all the article's cards in the guild show this version; a newer one stays to be shown."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(standings)
                .where(
                    standings.c.article_id == article_id,
                    standings.c.guild_id == guild_id,
                    standings.c.version == version,
                )
                .values(stale_at=None)
            )
