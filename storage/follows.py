"""What members follow, and how they want to be told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, Text, and_, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.arrivals import match_again
from storage.database import Database
from storage.erasing import forgotten_among
from storage.guilds import ensure_guild
from storage.records import Follow, FollowKind, FollowToStore, Listener, TidingState
from storage.rows import given, insert, packed, read
from storage.tables import CLOSED_UNTOLD, articles, follows, letters, listeners, posts, standings, tidings

READ_AT_ONCE = 500


def _owned(guild_id: int, member_id: int) -> Any:
    return and_(follows.c.guild_id == guild_id, follows.c.member_id == member_id)


class Follows:
    """Follows, and those who are told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, wish: FollowToStore, most: int, now: datetime) -> Follow | None:
        """Store a wish; one for the same is told from now on as this one says. None: the member has `most` already.

        Raises LookupError for a member of whom nothing is to be stored.
        """
        async with self._database.writing() as connection:
            if await forgotten_among(connection, (wish.member_id,)):
                raise LookupError("Nothing is stored of this member.")
            await ensure_guild(connection, wish.guild_id, now)
            await _ensure(connection, wish.member_id)
            own = _owned(wish.guild_id, wish.member_id)
            same = and_(own, follows.c.kind == wish.kind, follows.c.what == wish.what)
            known = await connection.scalar(select(follows.c.id).where(same))
            count = await connection.scalar(select(func.count()).select_from(follows).where(own))
            if known is None and (count or 0) >= most:
                return None
            told = {"channel_id": wish.channel_id, "gathered": wish.gathered, "made_in": wish.made_in}
            await connection.execute(
                insert(connection, follows)
                .values(
                    guild_id=wish.guild_id,
                    member_id=wish.member_id,
                    kind=wish.kind,
                    what=wish.what,
                    lookup=wish.lookup,
                    wording=wish.wording,
                    source_id=wish.source_id,
                    article_id=wish.article_id,
                    created_at=now,
                    **told,
                )
                .on_conflict_do_update(index_elements=["member_id", "guild_id", "kind", "what"], set_=told)
            )
            row = (await connection.execute(select(follows).where(same))).one()
            return read(Follow, follows, row)

    async def remove(self, follow_id: int, member_id: int) -> Follow | None:
        """End a member's follow; None where it is none of theirs.

        What is still to be told for it is told only if another of theirs fits it, too.
        """
        async with self._database.writing() as connection:
            row = (
                await connection.execute(
                    select(follows).where(follows.c.id == follow_id, follows.c.member_id == member_id)
                )
            ).one_or_none()
            if row is None:
                return None
            await connection.execute(delete(follows).where(follows.c.id == follow_id))
            untold = and_(
                tidings.c.member_id == member_id,
                tidings.c.follow_id == follow_id,
                tidings.c.state != TidingState.TOLD,
                tidings.c.letter_id.is_(None),
            )
            await match_again(connection, untold)
            await connection.execute(delete(tidings).where(untold))
            return read(Follow, follows, row)

    async def of_member(self, guild_id: int, member_id: int) -> list[Follow]:
        """List what a member follows in a guild, in the order in which they began to."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(follows).where(_owned(guild_id, member_id)).order_by(follows.c.id)
            )
            return [read(Follow, follows, row) for row in rows]

    async def concerned(
        self, guild_id: int, source_id: int, authors: Collection[str], words: Collection[str]
    ) -> list[Follow]:
        """List the follows that an article may fit: of its source, its authors, and phrases by their longest word."""
        keys: list[tuple[str, str]] = [(FollowKind.SOURCE.value, str(source_id))]
        keys += [(FollowKind.AUTHOR.value, author) for author in authors]
        keys += [(FollowKind.PHRASE.value, word) for word in words]
        return await self._looked_up(guild_id, keys)

    async def concerned_by_comment(self, guild_id: int, article_id: int, answers: int | None) -> list[Follow]:
        """List the follows that a comment fits: of its article's comments, and of replies to the member it answers."""
        keys = [(FollowKind.COMMENTS.value, str(article_id))]
        if answers is not None:
            keys.append((FollowKind.REPLIES.value, str(answers)))
        return await self._looked_up(guild_id, keys)

    async def _looked_up(self, guild_id: int, keys: list[tuple[str, str]]) -> list[Follow]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                _lookup(connection.dialect.name), {"given": packed(keys), "guild": guild_id}
            )
            found: list[Follow] = []
            while portion := rows.fetchmany(READ_AT_ONCE):
                found += [read(Follow, follows, row) for row in portion]
                await asyncio.sleep(0)  # thousands may follow the same
            return found

    async def listener(self, member_id: int) -> Listener:
        """Answer how a member wants to be told; the usual where they have not said."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(select(listeners).where(listeners.c.member_id == member_id))
            ).one_or_none()
            return read(Listener, listeners, row) if row else Listener(member_id)

    async def settle(self, listener: Listener, now: datetime) -> None:
        """Store how a member wants to be told; what waits is told by it. Raises LookupError as `add` does."""
        async with self._database.writing() as connection:
            if await forgotten_among(connection, (listener.member_id,)):
                raise LookupError("Nothing is stored of this member.")
            await _ensure(connection, listener.member_id)
            await connection.execute(
                update(listeners)
                .where(listeners.c.member_id == listener.member_id)
                .values(
                    time_zone=listener.time_zone,
                    quiet_from=listener.quiet_from,
                    quiet_until=listener.quiet_until,
                    gather_at=listener.gather_at,
                    gathered=listener.gathered,
                )
            )
            await _look_again(connection, listener.member_id, now)

    async def tell_otherwise(
        self,
        guild_id: int,
        member_id: int,
        now: datetime,
        *,
        gathered: bool | None = None,
        channel_id: int | None = None,
        directly: bool = False,
    ) -> None:
        """Have all that a member follows in a guild be told in another way, also what waits; None: as it was."""
        changes: dict[str, Any] = {} if gathered is None else {"gathered": gathered}
        if directly or channel_id is not None:
            changes["channel_id"] = None if directly else channel_id
        if not changes:
            return
        async with self._database.writing() as connection:
            await connection.execute(update(follows).where(_owned(guild_id, member_id)).values(changes))
            waiting = and_(
                tidings.c.member_id == member_id,
                tidings.c.guild_id == guild_id,
                tidings.c.state != TidingState.TOLD,
                tidings.c.letter_id.is_(None),
            )
            await connection.execute(
                update(tidings).where(waiting).values(state=TidingState.WAITING, due_at=now, **changes)
            )

    async def came(self, member_id: int, before: datetime, now: datetime) -> bool:
        """A member uses the bot: have what waits for closed direct messages tried again, closed before then.

        True: it is.
        """
        closed = and_(listeners.c.member_id == member_id, listeners.c.closed_at <= before)
        async with self._database.reading() as connection:
            if await connection.scalar(select(listeners.c.member_id).where(closed)) is None:
                return False
        async with self._database.writing() as connection:
            opened = await connection.execute(update(listeners).where(closed).values(closed_at=None))
            await _look_again(connection, member_id, now)
            return opened.rowcount > 0

    async def closed_untold(self, limit: int) -> list[tuple[int, int, int]]:
        """List members who are to be told elsewhere that their direct messages are closed.

        Each with guild and channel of what they were to be told last: where they made that follow.
        """
        last = (
            select(letters.c.id)
            .where(letters.c.member_id == listeners.c.member_id, letters.c.channel_id.is_(None))
            .order_by(letters.c.sent_at.is_not(None), letters.c.id.desc())
            .limit(1)
            .correlate(listeners)
            .scalar_subquery()
        )
        newest = (
            select(follows.c.made_in)
            .where(follows.c.member_id == listeners.c.member_id, follows.c.guild_id == letters.c.guild_id)
            .order_by(follows.c.id.desc())
            .limit(1)
            .correlate(listeners, letters)
            .scalar_subquery()
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(listeners.c.member_id, letters.c.guild_id, newest.label("made_in"))
                .join(letters, letters.c.id == last)
                .where(CLOSED_UNTOLD)
                .order_by(listeners.c.closed_at, listeners.c.member_id)
                .limit(limit)
            )
            return [(row.member_id, row.guild_id, row.made_in or 0) for row in rows]

    async def mark_closed_told(self, member_id: int, now: datetime) -> bool:
        """Record that it is tried now to tell a member that their direct messages are closed; False: it was before."""
        async with self._database.writing() as connection:
            marked = await connection.execute(
                update(listeners)
                .where(listeners.c.member_id == member_id, CLOSED_UNTOLD)
                .values(closed_told_at=now)
            )
            return marked.rowcount > 0

    async def authors(self, guild_id: int, limit: int, *, visible: Collection[int]) -> list[str]:
        """List the authors of a guild's newest articles in visible channels, at most `limit` articles."""
        newest = (
            select(standings.c.article_id, standings.c.posted_at)
            .where(standings.c.guild_id == guild_id)
            .order_by(standings.c.posted_at.desc(), standings.c.article_id.desc())
            .limit(limit)
            .subquery("latest")
        )
        seen = (
            select(posts.c.id)
            .where(
                posts.c.article_id == newest.c.article_id,
                posts.c.guild_id == guild_id,
                posts.c.channel_id.in_(visible),
            )
            .exists()
        )
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(articles.c.author)
                .join_from(newest, articles, articles.c.id == newest.c.article_id)
                .where(articles.c.author.is_not(None), seen)
                .order_by(newest.c.posted_at.desc())
            )
            return [author for author in dict.fromkeys(found) if author]


async def follow_on(connection: AsyncConnection, source_id: int, other_id: int) -> None:
    """Have who follows a source follow the one that it has become, within the caller's transaction."""
    both = follows.alias()
    already = exists().where(
        both.c.member_id == follows.c.member_id,
        both.c.guild_id == follows.c.guild_id,
        both.c.kind == FollowKind.SOURCE,
        both.c.what == str(other_id),
    )
    of_source = follows.c.source_id == source_id
    await connection.execute(delete(follows).where(of_source, already))
    values = {"source_id": other_id, "what": str(other_id), "lookup": str(other_id)}
    await connection.execute(update(follows).where(of_source).values(values))


async def _ensure(connection: AsyncConnection, member_id: int) -> None:
    await connection.execute(
        insert(connection, listeners)
        .values(member_id=member_id)
        .on_conflict_do_nothing(index_elements=["member_id"])
    )


async def _look_again(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Have all that waits for a member be due now: when it is told is worked out anew."""
    await connection.execute(
        update(tidings)
        .where(
            tidings.c.member_id == member_id,
            tidings.c.state != TidingState.TOLD,
            tidings.c.letter_id.is_(None),
        )
        .values(state=TidingState.WAITING, due_at=now)
    )


@cache
def _lookup(dialect: str) -> Select[*tuple[Any, ...]]:
    """Select a guild's follows by `given` pairs of a kind and what those concerned are looked up by."""
    wanted = given(dialect, kind=Text(), lookup=Text())
    return (
        select(follows)
        .join_from(
            wanted,
            follows,
            and_(
                follows.c.guild_id == bindparam("guild", type_=BigInteger),
                follows.c.kind == wanted.c.kind,
                follows.c.lookup == wanted.c.lookup,
            ),
        )
        .order_by(follows.c.id)
    )
