"""The messages that posts became: found, counted, compared with Discord, drawn again, deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.away import forget_away
from storage.cards import read_cards, select_cards
from storage.database import Database
from storage.digests import give_up_digest
from storage.records import CardToPost, CardToRefresh, Post, PostState, TrackedChannel
from storage.rows import portions, read
from storage.tables import (
    ANNOUNCING,
    SENT,
    SWEPT,
    UNFINISHED,
    away_channels,
    digests,
    guilds,
    is_announcing,
    posts,
    reactions,
    standings,
)
from storage.tallies import Ranks, lock, recount
from storage.types import DatabaseClock


class Messages:
    """Posts whose message stands in a channel, and what was told of them."""

    def __init__(self, database: Database, ranks: Ranks) -> None:
        self._database = database
        self._ranks = ranks

    async def attached(self, post_id: int, address: str | None, name: str | None) -> None:
        """Record which image the post's message carries as a file now, if any."""
        await self._change(posts.c.id == post_id, attached=address, attached_as=name)

    async def thread_read(
        self, post_id: int, last_id: int | None, count: int | None, archived_at: datetime | None
    ) -> None:
        """Record what Discord told of the post's thread when that was read.

        That is its newest message, how many there are, and since when it is archived, if it is.
        """
        await self._change(
            posts.c.id == post_id, thread_last_id=last_id, thread_count=count, thread_archived_at=archived_at
        )

    async def _change(self, which: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(update(posts).where(which).values(**values))).rowcount > 0

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

    async def known_messages(self, message_ids: Collection[int]) -> frozenset[int]:
        """Answer which of these are posts' messages or digests', also deleted ones."""
        known: set[int | None] = set()
        async with self._database.reading() as connection:
            for portion in portions(sorted(message_ids)):
                for table in (posts, digests):
                    known.update(
                        await connection.scalars(
                            select(table.c.message_id).where(table.c.message_id.in_(portion))
                        )
                    )
        return frozenset(message_id for message_id in known if message_id is not None)

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
            await give_up_digest(connection, channel_id)
            await forget_away(connection, away_channels.c.channel_id == channel_id)
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
        places = {(row.article_id, row.guild_id) for row in gone}
        ids = [row.id for row in gone]
        await lock(connection, places)
        await connection.execute(
            update(posts)
            .where(posts.c.id.in_(ids))
            .values(state=PostState.DELETED, finished_at=now, leased_until=None)
        )
        await connection.execute(delete(reactions).where(reactions.c.post_id.in_(ids)))
        await recount(connection, self._ranks, places)
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

    async def to_announce(self, now: datetime, limit: int) -> list[CardToPost]:
        """List cards that are still to be published to the servers that follow their channel, each channel's in order.

        Where a channel's wait, so do those that came after them: while its first one does.
        """
        first = posts.alias()
        firsts_turn = (
            select(first.c.due_at)
            .where(is_announcing(first), first.c.channel_id == posts.c.channel_id)
            .order_by(first.c.channel_id, first.c.id)
            .limit(1)
            .scalar_subquery()
        )
        present = exists().where(guilds.c.id == posts.c.guild_id, guilds.c.left_at.is_(None))
        # Chosen before all that a card shows is looked up, so that those that are not chosen cost next to nothing.
        chosen = (
            select(posts.c.id)
            .where(ANNOUNCING, posts.c.due_at <= now, firsts_turn <= now, present)
            .order_by(posts.c.channel_id, posts.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            ids = (await connection.scalars(chosen)).all()
            rows = await connection.execute(
                select_cards().where(posts.c.id.in_(ids), ANNOUNCING).order_by(posts.c.channel_id, posts.c.id)
            )
            return await read_cards(connection, rows)

    async def announce_later(self, channel_id: int, due_at: datetime, left_out_before: datetime) -> int:
        """Have all of a channel's cards that are to be announced wait; those sent before then are left out for good.

        Answers how many were left out.
        """
        here = and_(ANNOUNCING, posts.c.channel_id == channel_id)
        async with self._database.writing() as connection:
            left_out = await connection.execute(
                update(posts).where(here, posts.c.sent_at < left_out_before).values(announced=True)
            )
            await connection.execute(update(posts).where(here).values(due_at=due_at))
            return left_out.rowcount

    async def to_sweep(self, before: datetime, since: datetime, limit: int) -> list[Post]:
        """List posts that stand in their channels and were last compared with Discord at `before` or earlier.

        Those of the longest ago come first. What was sent before `since`, or to a guild that the bot left, is not
        listed now or ever again, so that nobody walks through it.
        """
        while True:
            async with self._database.reading() as connection:
                rows = await connection.execute(
                    select(posts, posts.c.sent_at, guilds.c.left_at)
                    .join(guilds, guilds.c.id == posts.c.guild_id)
                    .where(SWEPT, posts.c.swept_at <= before)
                    .order_by(posts.c.swept_at, posts.c.id)
                    .limit(limit)
                )
                found = rows.all()
            over = [
                row.id
                for row in found
                if row._mapping[guilds.c.left_at] is not None
                or (row._mapping[posts.c.sent_at] or since) < since
            ]
            if not over:
                return [read(Post, posts, row) for row in found]
            async with self._database.writing() as connection:
                for portion in portions(over):
                    await connection.execute(
                        update(posts).where(posts.c.id.in_(portion)).values(swept_at=None)
                    )

    async def swept(self, post_ids: Collection[int], now: datetime) -> None:
        """Record that posts were compared with Discord, with all that was done with them there."""
        for portion in portions(post_ids):
            await self._change(and_(posts.c.id.in_(portion), SWEPT), swept_at=now)

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
