"""Votes and standings, computed anew from the mirror of Discord's reactions; never counted up and down.

All of it runs inside the caller's transaction, which has changed the mirror or is about to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import Judge, Tally
from storage.rows import insert, portions
from storage.stories import Kinship
from storage.tables import SENT, comments, guilds, posts, reactions, standings
from storage.types import DatabaseClock, UtcDateTime


@dataclass(frozen=True, slots=True)
class Ranks:
    """The newsroom's rules for what is stored.

    It is sorted by what upvotes, downvotes and the time of posting make; `kinship` says what is the same story, `judge`
    what a revision means for readers.
    """

    hot: Callable[[int, int, datetime], float]
    controversy: Callable[[int, int], float]
    kinship: Kinship
    judge: Judge


async def lock(connection: AsyncConnection, article_id: int, guild_id: int) -> None:
    """Have other writers to this standing wait until the caller's transaction has ended.

    Taken before the mirror is changed. SQLite has one writer anyway.
    """
    await connection.execute(
        select(standings.c.version)
        .where(standings.c.article_id == article_id, standings.c.guild_id == guild_id)
        .with_for_update()
    )


async def make_standing(
    connection: AsyncConnection, ranks: Ranks, article_id: int, guild_id: int, posted_at: datetime
) -> None:
    """Give an article its place in a guild; one that has it keeps it."""
    await connection.execute(
        insert(connection, standings)
        .values(
            article_id=article_id,
            guild_id=guild_id,
            upvotes=0,
            downvotes=0,
            score=0,
            comment_count=0,
            hot=ranks.hot(0, 0, posted_at),
            controversy=0.0,
            posted_at=posted_at,
            version=0,
        )
        .on_conflict_do_nothing(index_elements=["article_id", "guild_id"])
    )


def _tally(ranked: Any) -> Select[*tuple[Any, ...]]:
    return select(
        func.count().filter(ranked.c.emoji == ranked.c.vote_up),
        func.count().filter(ranked.c.emoji == ranked.c.vote_down),
    ).where(ranked.c.place == 1)


def _votes(member_emoji: Any, *conditions: Any) -> Any:
    """Rank each member's up and down reactions: the latest first; of two at one time the downvote loses."""
    return (
        member_emoji.add_columns(
            func.row_number()
            .over(
                partition_by=reactions.c.member_id,
                order_by=(
                    reactions.c.reacted_at.desc(),
                    case((reactions.c.emoji == guilds.c.vote_up, 0), else_=1),
                ),
            )
            .label("place")
        )
        .where(reactions.c.emoji.in_([guilds.c.vote_up, guilds.c.vote_down]), *conditions)
        .subquery()
    )


def article_tally(article_id: int, guild_id: int) -> Select[*tuple[Any, ...]]:
    """Count the votes on an article in a guild: one a member, however many of its posts carry a reaction."""
    return _tally(
        _votes(
            select(reactions.c.emoji, guilds.c.vote_up, guilds.c.vote_down)
            .select_from(posts)
            .join(guilds, guilds.c.id == posts.c.guild_id)
            .join(reactions, reactions.c.post_id == posts.c.id),
            posts.c.article_id == article_id,
            posts.c.guild_id == guild_id,
            SENT,
        )
    )


def comment_tally(message_id: int) -> Select[*tuple[Any, ...]]:
    """Count the votes on a comment: one a member, none of its author."""
    return _tally(
        _votes(
            select(reactions.c.emoji, guilds.c.vote_up, guilds.c.vote_down)
            .select_from(comments)
            .join(guilds, guilds.c.id == comments.c.guild_id)
            .join(reactions, reactions.c.comment_id == comments.c.message_id),
            comments.c.message_id == message_id,
            reactions.c.member_id != comments.c.author_id,
        )
    )


async def recompute(connection: AsyncConnection, ranks: Ranks, article_id: int, guild_id: int) -> None:
    """Put a standing right. It ends with the article's last post in the guild; its cards are stale if it changed."""
    place = (standings.c.article_id == article_id, standings.c.guild_id == guild_id)
    standing = (await connection.execute(select(standings).where(*place).with_for_update())).one_or_none()
    if standing is None:
        return
    here = (posts.c.article_id == article_id, posts.c.guild_id == guild_id, SENT)
    if await connection.scalar(select(posts.c.id).where(*here).limit(1)) is None:
        await connection.execute(delete(standings).where(*place))
        return
    upvotes, downvotes = (await connection.execute(article_tally(article_id, guild_id))).one()
    comment_count = await connection.scalar(
        select(func.count())
        .select_from(comments)
        .where(comments.c.article_id == article_id, comments.c.guild_id == guild_id)
    )
    if (upvotes, downvotes, comment_count) == (
        standing.upvotes,
        standing.downvotes,
        standing.comment_count,
    ):
        return
    await connection.execute(
        update(standings)
        .where(*place)
        .values(
            upvotes=upvotes,
            downvotes=downvotes,
            score=Tally(upvotes, downvotes).score,
            comment_count=comment_count,
            hot=ranks.hot(upvotes, downvotes, standing.posted_at),
            controversy=ranks.controversy(upvotes, downvotes),
            version=standings.c.version + 1,
            stale_at=_sooner(DatabaseClock()),
        )
    )


async def recompute_comment(connection: AsyncConnection, message_id: int) -> None:
    """Put a comment's votes right."""
    await connection.execute(
        select(comments.c.message_id).where(comments.c.message_id == message_id).with_for_update()
    )
    upvotes, downvotes = (await connection.execute(comment_tally(message_id))).one()
    await connection.execute(
        update(comments)
        .where(comments.c.message_id == message_id)
        .values(upvotes=upvotes, downvotes=downvotes)
    )


async def mark_stale(
    connection: AsyncConnection, article_ids: Collection[int], at: datetime | None = None
) -> None:
    """Have all cards of these articles drawn again, now or at a later time: their text changed."""
    due = DatabaseClock() if at is None else literal(at, UtcDateTime())
    for portion in portions(article_ids):
        await connection.execute(
            update(standings)
            .where(standings.c.article_id.in_(portion))
            .values(
                version=standings.c.version + 1,
                stale_at=_sooner(due),
            )
        )


def _sooner(due: ColumnElement[datetime]) -> ColumnElement[Any]:
    """When a card is to be drawn again: then, or sooner where it is to be anyway."""
    return case((standings.c.stale_at <= due, standings.c.stale_at), else_=due)
