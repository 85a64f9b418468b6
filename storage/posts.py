"""Posts: the outbox on its way into channels (ready → sending → sent), step by step, and the messages after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.arrivals import post_arrived
from storage.away import come_back
from storage.cards import read_cards, select_cards
from storage.database import Database
from storage.messages import Messages
from storage.queues import LAST_GUILD, UNBOUNDED, is_free, next_post_at, next_posts
from storage.records import CardToPost, Post, PostState
from storage.stories import draw_again
from storage.tables import CLAIMED, UNFINISHED, articles, posts
from storage.tallies import Ranks, make_standing, recount


def _claimed(post: Post) -> ColumnElement[bool]:
    return and_(posts.c.id == post.id, posts.c.claim == post.claim)


_UNSENT = posts.c.state.in_([PostState.READY, PostState.SENDING])


async def _is_outdated(connection: AsyncConnection, shown: CardToPost) -> bool:
    """Whether a message may show less than is stored.

    While it was on its way its article was read or revised, or another source told the same.
    """
    if shown.post.state is PostState.SENDING:
        return True
    rows = await connection.execute(select_cards().where(posts.c.id == shown.post.id))
    (card,) = await read_cards(connection, rows)
    return (card.article, card.summary, card.also) != (shown.article, shown.summary, shown.also)


class Posts(Messages):
    """The outbox, and the messages that came of it.

    A step that no longer fits the post's state does nothing, nor does one that is handed a post as it was claimed
    before, when another claim followed.
    """

    def __init__(self, database: Database, ranks: Ranks) -> None:
        super().__init__(database, ranks)
        self._served = 0  # the guild whose turn was last

    async def claim(
        self, now: datetime, limit: int, lease: timedelta, most_of_guild: int = UNBOUNDED
    ) -> list[CardToPost]:
        """Claim posts that are due: at most one a channel, its oldest unfinished one, guilds taking turns.

        A claimed post, and with it its channel, is nobody else's until the lease has ended. A guild has at most
        `most_of_guild` posts and digests claimed at once. While a channel's digest is on its way only what was begun
        before is claimed.
        """
        async with self._database.writing() as connection:
            ids: list[int] = []
            while len(ids) < limit:
                claimed = await self._claim_round(connection, now, limit - len(ids), lease, most_of_guild)
                ids += claimed
                if not claimed:
                    break
            if not ids:
                return []
            rows = await connection.execute(select_cards().where(posts.c.id.in_(ids)).order_by(posts.c.id))
            return await read_cards(connection, rows)

    async def _claim_round(
        self,
        connection: AsyncConnection,
        now: datetime,
        limit: int,
        lease: timedelta,
        most_of_guild: int,
    ) -> list[int]:
        """Claim one post of each guild, at most `limit`, from the guild after the one that was served last."""
        turns: list[Any] = []
        for after, until in ((self._served, LAST_GUILD), (0, self._served)):
            if room := limit - len(turns):
                values = {"now": now, "after": after, "until": until, "room": room, "most": most_of_guild}
                found = await connection.execute(next_posts(), values)
                turns += found.all()
        if not turns:
            return []
        claimed = await connection.scalars(
            select(posts.c.id)
            .where(
                posts.c.id.in_([turn.id for turn in turns]),
                UNFINISHED,
                posts.c.due_at <= now,
                is_free(posts, now),
            )
            .with_for_update(skip_locked=True)
        )
        ids = list(claimed)
        await connection.execute(
            update(posts)
            .where(posts.c.id.in_(ids))
            .values(leased_until=now + lease, attempts=posts.c.attempts + 1, claim=posts.c.claim + 1)
        )
        self._served = turns[-1].guild_id
        return ids

    async def begin_sending(
        self, post: Post, after_id: int | None, now: datetime, place_id: int | None = None
    ) -> bool:
        """Record that sending begins, and the channel's newest message before it; False: do not send.

        `place_id` is the thread that it is sent into, where it is not the channel itself.

        A post that stood at SENDING keeps its first `after_id`: from there on its message is looked for.
        """
        begun = posts.c.state == PostState.SENDING
        return await self._change(
            and_(_claimed(post), _UNSENT),
            state=PostState.SENDING,
            after_id=case((begun, posts.c.after_id), else_=after_id),
            place_id=case((begun, posts.c.place_id), else_=place_id),
        )

    async def leave_thread(self, post: Post, now: datetime) -> bool:
        """Have a post that can't go into another's thread, and surely is not there, go into its channel."""
        return await self._change(
            and_(_claimed(post), _UNSENT),
            state=PostState.READY,
            beside_id=None,
            place_id=None,
            after_id=None,
            due_at=now,
            leased_until=None,
        )

    async def sent(
        self,
        post: Post,
        message_id: int,
        now: datetime,
        attached: tuple[str | None, str] | None = None,
        shown: CardToPost | None = None,
    ) -> bool:
        """Record the message that the post became; the first one in a guild gives the article its standing.

        `attached` is the address of the image that it carries as a file, and the file's name. `shown` is the card that
        the message was made of; where another is stored by now, or an earlier attempt may have sent another, it is
        drawn again. A channel that was away is so no more.
        """
        address, name = attached or (None, None)
        begins = and_(posts.c.forum, posts.c.place_id.is_(None))
        async with self._database.writing() as connection:
            # Whoever revises the article at this moment either is seen here, or finds the standing made below.
            await connection.execute(
                select(articles.c.id).where(articles.c.id == post.article_id).with_for_update(read=True)
            )
            row = (
                await connection.execute(
                    update(posts)
                    .where(_claimed(post), posts.c.state == PostState.SENDING)
                    .values(
                        state=PostState.SENT,
                        message_id=message_id,
                        place_id=case((begins, message_id), else_=posts.c.place_id),
                        thread_id=case((begins, message_id), else_=posts.c.thread_id),
                        sent_at=now,
                        swept_at=now,
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
            await recount(connection, self._ranks, [(row.article_id, row.guild_id)])
            await post_arrived(connection, row.guild_id, row.article_id, post.id)
            if shown is not None and await _is_outdated(connection, shown):
                await draw_again(connection, row.article_id, row.guild_id)
            await come_back(connection, post.channel_id, now)
            return True

    async def threaded(self, post: Post, thread_id: int) -> bool:
        """Record the post's thread."""
        return await self._change(_claimed(post), thread_id=thread_id)

    async def seeded(self, post: Post, count: int) -> bool:
        """Record how many vote reactions the bot has placed on the post."""
        return await self._change(_claimed(post), seeded=count)

    async def announced(self, post: Post) -> bool:
        """Record that the post was published to the servers that follow its channel, or that this is left out."""
        return await self._change(_claimed(post), announced=True)

    async def pinned(self, post: Post) -> bool:
        """Record that the post was pinned, or that this is left out."""
        return await self._change(_claimed(post), pinned=True)

    async def finish(self, post: Post, now: datetime) -> bool:
        """Record that nothing remains to be done; the channel's next post may go. If it was away, it is so no more."""
        async with self._database.writing() as connection:
            finished = await connection.execute(
                update(posts)
                .where(_claimed(post), UNFINISHED)
                .values(finished_at=now, leased_until=None, problem=None)
            )
            if finished.rowcount:
                await come_back(connection, post.channel_id, now)
            return finished.rowcount > 0

    async def postpone(self, post: Post, due_at: datetime, problem: str, unsent: bool) -> bool:
        """Try again later. `unsent`: it is known that no message was made; otherwise it will be looked for."""
        back = and_(posts.c.state == PostState.SENDING, literal(unsent))
        return await self._change(
            and_(_claimed(post), UNFINISHED),
            state=case((back, PostState.READY.value), else_=posts.c.state),
            after_id=case((back, None), else_=posts.c.after_id),
            due_at=due_at,
            leased_until=None,
            problem=problem,
        )

    async def refuse(self, post: Post, problem: str) -> bool:
        """Give up a post that Discord will never take, and say why."""
        return await self._change(
            and_(_claimed(post), _UNSENT), state=PostState.REFUSED, leased_until=None, problem=problem
        )

    async def release_leases(self) -> None:
        """Free all claims, on start: whoever held them is gone."""
        await self._change(CLAIMED, leased_until=None)

    async def next_due_at(self, now: datetime, most_of_guild: int = UNBOUNDED) -> datetime | None:
        """Answer when the next post can be claimed; None while none waits, or all for another one of their guild.

        As in `claim` a guild may have `most_of_guild` claimed `now`; claims that have ended hold nobody up.
        """
        async with self._database.reading() as connection:
            due: datetime | None = await connection.scalar(
                next_post_at(), {"now": now, "most": most_of_guild}
            )
            return due
