"""Votes and standings, computed anew from the mirror of Discord's reactions; never counted up and down.

All of it runs inside the caller's transaction, which has changed the mirror or is about to. Many are computed as fast
as one: what is to be counted goes to the database as one list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.kinship import Kinship
from storage.records import Judge, Tally
from storage.rows import given, insert, packed, portions
from storage.tables import SENT, comments, posts, reactions, standings, vote_emoji
from storage.types import DatabaseClock, EmojiKey, RowId, UtcDateTime

Place = tuple[int, int]
"""An article's id and a guild's."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """The newsroom's rules for what is stored.

    It is sorted by what upvotes, downvotes and the time of posting make; `best` takes how many members voted for and
    against, whatever their votes weigh. `kinship` says what is the same story, `judge` what a revision means for
    readers.
    """

    hot: Callable[[int, int, datetime], float]
    controversy: Callable[[int, int], float]
    best: Callable[[int, int], float]
    kinship: Kinship
    judge: Judge


async def lock(connection: AsyncConnection, places: Collection[Place]) -> None:
    """Have other writers to these standings wait until the caller's transaction has ended.

    Taken before the mirror is changed, by all in the same order. SQLite has one writer anyway.
    """
    if places and connection.dialect.name == "postgresql":
        await connection.execute(_locking(), {"given": packed(sorted(places))})


@cache
def _locking() -> Select[Any]:
    wanted = _places("postgresql")
    return (
        select(standings.c.version)
        .join(
            wanted,
            and_(standings.c.article_id == wanted.c.article_id, standings.c.guild_id == wanted.c.guild_id),
        )
        .order_by(standings.c.article_id, standings.c.guild_id)
        .with_for_update(of=standings)
    )


def _places(dialect: str) -> Subquery[Any]:
    return given(dialect, article_id=RowId, guild_id=BigInteger())


async def make_standing(
    connection: AsyncConnection, ranks: Ranks, article_id: int, guild_id: int, posted_at: datetime
) -> None:
    """Give an article its place in a guild; one that has it keeps it."""
    await connection.execute(
        insert(connection, standings)
        .values(
            article_id=article_id,
            guild_id=guild_id,
            comment_count=0,
            posted_at=posted_at,
            version=0,
            **_ranked(ranks, _NO_VOTES, posted_at),
        )
        .on_conflict_do_nothing(index_elements=["article_id", "guild_id"])
    )


@dataclass(frozen=True, slots=True)
class _Cast:
    """Votes as they weigh, and the `members` who gave them."""

    tally: Tally
    members: Tally


_NO_VOTES = _Cast(Tally(0, 0), Tally(0, 0))


def _ranked(ranks: Ranks, cast: _Cast, posted_at: datetime) -> dict[str, Any]:
    tally, members = cast.tally, cast.members
    ups, downs = tally.upvotes, tally.downvotes
    return {
        "upvotes": ups,
        "downvotes": downs,
        "score": tally.score,
        "hot": ranks.hot(ups, downs, posted_at),
        "controversy": ranks.controversy(ups, downs),
        "best": ranks.best(members.upvotes, members.downvotes),
    }


def is_vote_in(guild_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Say which vote emoji of the guild a reaction is."""
    return and_(
        vote_emoji.c.guild_id == guild_id, EmojiKey(vote_emoji.c.emoji) == EmojiKey(reactions.c.emoji)
    )


def votes(dialect: str) -> Subquery[Any]:
    """Select each member's one vote on each of the `given` articles in their guilds: the latest, from whichever post.

    Of two given at one time the one that says more for the article counts. What a member might not give, does not.
    """
    wanted = _places(dialect)
    return latest_votes(
        select(wanted.c.article_id, wanted.c.guild_id)
        .select_from(wanted)
        .join(
            posts,
            and_(posts.c.article_id == wanted.c.article_id, posts.c.guild_id == wanted.c.guild_id, SENT),
        )
        .join(reactions, reactions.c.post_id == posts.c.id)
        .join(
            vote_emoji,
            is_vote_in(posts.c.guild_id),
        )
    )


def _comment_votes(dialect: str) -> Subquery[Any]:
    """Select each member's one vote on each of the `given` comments, as `votes` does; none of its author."""
    wanted = given(dialect, message_id=BigInteger())
    return latest_votes(
        select(wanted.c.message_id)
        .select_from(wanted)
        .join(comments, comments.c.message_id == wanted.c.message_id)
        .join(reactions, reactions.c.comment_id == comments.c.message_id)
        .join(
            vote_emoji,
            is_vote_in(comments.c.guild_id),
        )
        .where(reactions.c.member_id != comments.c.author_id)
    )


def latest_votes(cast: Select[Any]) -> Subquery[Any]:
    """Of reactions joined with the vote emoji that they are, each member's one vote on what is selected.

    `vote` is the emoji as the guild's rules name it.
    """
    subject = tuple(cast.selected_columns)
    ranked = (
        cast.where(reactions.c.counts)
        .add_columns(
            reactions.c.member_id,
            reactions.c.reacted_at,
            vote_emoji.c.emoji.label("vote"),
            vote_emoji.c.weight,
            func.row_number()
            .over(
                partition_by=(*subject, reactions.c.member_id),
                order_by=(reactions.c.reacted_at.desc(), vote_emoji.c.weight.desc()),
            )
            .label("place"),
        )
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place == 1).subquery("latest")


@cache
def _tallied(dialect: str) -> Select[*tuple[Any, ...]]:
    latest = votes(dialect)
    return _summed(latest, latest.c.article_id, latest.c.guild_id)


@cache
def _comments_tallied(dialect: str) -> Select[*tuple[Any, ...]]:
    latest = _comment_votes(dialect)
    return _summed(latest, latest.c.message_id)


def _summed(latest: Subquery[Any], *subject: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Sum up votes for and against, each as often as its emoji weighs, and count those who gave them."""
    weight = latest.c.weight
    return select(
        *subject,
        func.sum(case((weight > 0, weight), else_=0)),
        func.sum(case((weight < 0, -weight), else_=0)),
        func.sum(case((weight > 0, 1), else_=0)),
        func.sum(case((weight < 0, 1), else_=0)),
    ).group_by(*subject)


@cache
def _counted(dialect: str) -> Select[*tuple[Any, ...]]:
    """Select the `given` standings with how many comments there are, and whether there is a post of theirs at all."""
    wanted = _places(dialect)
    return (
        select(
            standings,
            select(func.count())
            .select_from(comments)
            .where(
                comments.c.article_id == standings.c.article_id,
                comments.c.guild_id == standings.c.guild_id,
                ~comments.c.hidden,
            )
            .correlate(standings)
            .scalar_subquery()
            .label("commented"),
            exists()
            .where(
                posts.c.article_id == standings.c.article_id, posts.c.guild_id == standings.c.guild_id, SENT
            )
            .correlate(standings)
            .label("posted"),
        )
        .select_from(wanted)
        .join(
            standings,
            and_(standings.c.article_id == wanted.c.article_id, standings.c.guild_id == wanted.c.guild_id),
        )
    )


_OF_PLACE = (standings.c.article_id == bindparam("at_article"), standings.c.guild_id == bindparam("at_guild"))
_RANKED = ("upvotes", "downvotes", "score", "comment_count", "hot", "controversy", "best")


async def recount(connection: AsyncConnection, ranks: Ranks, places: Collection[Place]) -> None:
    """Put standings right. One ends with the article's last post in the guild; its cards are stale if it changed."""
    if not places:
        return
    await lock(connection, places)
    gone: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    dialect, asked = connection.dialect.name, {"given": packed(sorted(set(places)))}
    tallies = {
        (row[0], row[1]): _Cast(Tally(int(row[2]), int(row[3])), Tally(int(row[4]), int(row[5])))
        for row in await connection.execute(_tallied(dialect), asked)
    }
    for row in await connection.execute(_counted(dialect), asked):
        at = {"at_article": row.article_id, "at_guild": row.guild_id}
        if not row.posted:
            gone.append(at)
            continue
        now = _ranked(ranks, tallies.get((row.article_id, row.guild_id), _NO_VOTES), row.posted_at)
        now["comment_count"] = row.commented
        if any(now[name] != getattr(row, name) for name in _RANKED):
            shown = any(now[name] != getattr(row, name) for name in ("upvotes", "downvotes", "comment_count"))
            (seen if shown else moved).append(at | {f"to_{name}": value for name, value in now.items()})
    if gone:
        await connection.execute(delete(standings).where(*_OF_PLACE), gone)
    values: dict[str, Any] = {name: bindparam(f"to_{name}") for name in _RANKED}
    if moved:
        await connection.execute(update(standings).where(*_OF_PLACE).values(values), moved)
    if seen:
        stale = {"version": standings.c.version + 1, "stale_at": _sooner(DatabaseClock())}
        await connection.execute(update(standings).where(*_OF_PLACE).values({**values, **stale}), seen)


async def recount_comments(connection: AsyncConnection, message_ids: Collection[int]) -> None:
    """Put comments' votes right."""
    if not message_ids:
        return
    dialect, asked = connection.dialect.name, {"given": packed([(one,) for one in sorted(set(message_ids))])}
    tallies = {
        message_id: Tally(int(upvotes), int(downvotes))
        for message_id, upvotes, downvotes, *_ in await connection.execute(_comments_tallied(dialect), asked)
    }
    changed = []
    for message_id, upvotes, downvotes in await connection.execute(_shown(dialect), asked):
        tally = tallies.get(message_id, Tally(0, 0))
        if tally != Tally(upvotes, downvotes):
            changed.append(
                {
                    "at_comment": message_id,
                    "ups": tally.upvotes,
                    "downs": tally.downvotes,
                    "place": -tally.score,
                }
            )
    if changed:
        await connection.execute(
            update(comments)
            .where(comments.c.message_id == bindparam("at_comment"))
            .values(upvotes=bindparam("ups"), downvotes=bindparam("downs"), rank=bindparam("place")),
            changed,
        )


@cache
def _shown(dialect: str) -> Select[*tuple[Any, ...]]:
    """Select how the votes on the `given` comments are."""
    wanted = given(dialect, message_id=BigInteger())
    return (
        select(comments.c.message_id, comments.c.upvotes, comments.c.downvotes)
        .select_from(wanted)
        .join(comments, comments.c.message_id == wanted.c.message_id)
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
