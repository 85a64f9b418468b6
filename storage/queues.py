"""Whose turn it is: each channel has one queue, guilds take turns, and choosing costs the same however much waits.

    what was begun in a channel → its digest of what waited too long → its other posts, the oldest first

Channels are walked by one look into the index each, past all that waits in them. Choosing goes from guild to guild in
a circle and ends when it has enough, so that it does not see most of them where many wait.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    tuple_,
)

from storage.records import PostState
from storage.tables import UNSENT, digest_schedules, digests, guilds, is_unfinished, posts
from storage.types import UtcDateTime

LAST_GUILD: Final = 2**63 - 1
"""No guild's id is greater."""
UNBOUNDED: Final = 2**31 - 1
"""No guild has as many posts in hand."""

_NOW = bindparam("now", type_=UtcDateTime())
_other = posts.alias("other")
_Query = Select[*tuple[Any, ...]]


def is_free(row: Any, now: datetime) -> ColumnElement[bool]:
    """Whether a post or digest is claimed by nobody."""
    return or_(row.c.leased_until.is_(None), row.c.leased_until <= now)


@cache
def next_posts() -> _Query:
    """Select one post, by `id` and `guild_id`, of each guild after the one and until the other, in their order.

    It is the head of a channel's queue, and due `now`; of guilds that have fewer than `most` in hand. What has waited
    too long is none: it is gathered, also where the digest before it was sent only at this moment. The values are
    `now`, `most`, `after` and `until` (guilds), and `room` for how many at most.
    """
    due = and_(posts.c.due_at <= _NOW, func.coalesce(_held_until(posts) <= _NOW, True))
    in_time = or_(posts.c.state != PostState.READY, posts.c.expires_at > _NOW)
    claimable = and_(_is_queued(), due, in_time, _in_hand(posts, _NOW) < bindparam("most"))
    heads = _walk(case((claimable, 1), else_=0), bindparam("after"), bindparam("until"), bindparam("room"))
    return select(heads.c.id, heads.c.guild_id).where(heads.c.chosen == 1)


@cache
def next_post_at() -> _Query:
    """Select when the next post may be claimed; those of a guild that has `most` in hand `now` (values), never."""
    queued = and_(_is_queued(), _in_hand(posts, _NOW) < bindparam("most"))
    heads = _walk(
        literal_column("0"),
        literal(0),
        literal(LAST_GUILD),
        literal(1),
        case((queued, _claimable_at(posts)), else_=null()).label("at"),
    )
    return select(func.min(heads.c.at))


@cache
def next_digests() -> _Query:
    """Select the digests that may be claimed `now`, longest due first, by `id`; a guild has at most `most` in hand.

    The values are these two.
    """
    own = func.row_number().over(partition_by=digests.c.guild_id, order_by=digests.c.id)
    turn = (own + _in_hand(digests, _NOW)).label("turn")
    turns = (
        _queued_digests(select(digests.c.id, digests.c.due_at, turn))
        .where(_claimable_at(digests) <= _NOW)
        .subquery("turns")
    )
    return (
        select(turns.c.id)
        .where(turns.c.turn <= bindparam("most"))
        .order_by(turns.c.due_at, turns.c.id)
        .limit(bindparam("room"))
    )


@cache
def next_digest_at() -> _Query:
    """Select when the next digest may be claimed; those of a guild that has `most` in hand `now` (values), never."""
    query = _queued_digests(select(func.min(_claimable_at(digests))))
    return query.where(_in_hand(digests, _NOW) < bindparam("most"))


def _walk(
    chosen: ColumnElement[int],
    after: ColumnElement[int],
    until: ColumnElement[int],
    limit: ColumnElement[int],
    *beside: ColumnElement[Any],
) -> CTE:
    """Walk over the heads of all channels of the guilds after the one and until the other, in their order.

    Once a head is `chosen` the others of its guild are passed over. The walk ends when so many are. What is asked
    `beside` of each head is told too.
    """

    def head(*after_these: ColumnElement[bool]) -> Select[Any]:
        return (
            select(_other.c.id)
            .where(is_unfinished(_other), _other.c.guild_id <= until, *after_these)
            .order_by(_other.c.guild_id, _other.c.channel_id, _other.c.id)
            .limit(literal_column("1"))
        )

    here: list[Any] = [posts.c.id, posts.c.guild_id, posts.c.channel_id, *beside, chosen.label("chosen")]
    walk = (
        select(*here, literal_column("0").label("before"))
        .where(posts.c.id == head(_other.c.guild_id > after).scalar_subquery())
        .cte("heads", recursive=True)
    )
    # For "after this channel" SQLite would begin with it, and pass over its posts one by one.
    channel = case((walk.c.chosen == 1, LAST_GUILD), else_=walk.c.channel_id + 1)
    from_there = tuple_(_other.c.guild_id, _other.c.channel_id) >= tuple_(walk.c.guild_id, channel)
    following = head(from_there).correlate(walk)
    return walk.union_all(
        select(*here, walk.c.before + walk.c.chosen)
        .select_from(walk)
        .join(posts, posts.c.id == following.scalar_subquery())
        .where(walk.c.before + walk.c.chosen < limit)
    )


def _is_present(row: Table[Any]) -> ColumnElement[bool]:
    return exists().where(guilds.c.id == row.c.guild_id, guilds.c.left_at.is_(None))


def _is_queued() -> ColumnElement[bool]:
    """Whether nothing but time keeps a channel's head from going: no digest is before it."""
    digest = exists().where(UNSENT, digests.c.channel_id == posts.c.channel_id)
    return and_(_is_present(posts), or_(posts.c.state != PostState.READY, ~digest))


def _queued_digests(query: _Query) -> _Query:
    """Of the digests on their way, those that no post is before: what was begun in the channel is ended first."""
    head_state = (
        select(_other.c.state)
        .where(is_unfinished(_other), _other.c.channel_id == digests.c.channel_id)
        .order_by(_other.c.channel_id, _other.c.id)
        .limit(1)
        .correlate(digests)
        .scalar_subquery()
    )
    # What is to be written anew, of a later period, is not sent before.
    superseded = exists().where(
        digests.c.state == PostState.READY,
        digest_schedules.c.id == digests.c.schedule_id,
        digest_schedules.c.due_at <= _NOW,
    )
    return query.select_from(digests).where(
        UNSENT, _is_present(digests), or_(head_state.is_(None), head_state == PostState.READY), ~superseded
    )


def _held_until(row: Table[Any]) -> ColumnElement[Any]:
    """Until when a channel's claimed post is held, if one is.

    With several writers a lower id can come to light after a higher one was claimed.
    """
    return (
        select(func.max(_other.c.leased_until))
        .where(
            _other.c.guild_id == row.c.guild_id,
            _other.c.channel_id == row.c.channel_id,
            _other.c.leased_until.is_not(None),
        )
        .correlate(row)
        .scalar_subquery()
    )


def _claimable_at(row: Table[Any]) -> ColumnElement[Any]:
    """From when on a post or digest may be claimed, as far as time says."""
    held = _held_until(row)
    own = case((row.c.leased_until > row.c.due_at, row.c.leased_until), else_=row.c.due_at)
    return case((held > own, held), else_=own)


def _in_hand(row: Table[Any], now: ColumnElement[datetime]) -> ColumnElement[int]:
    """Count the posts and digests of a row's guild that are claimed, and have not been for too long."""

    def count(kind: Any, *which: ColumnElement[bool]) -> ColumnElement[int]:
        claimed = (kind.c.leased_until.is_not(None), kind.c.leased_until > now)
        return (
            select(func.count())
            .select_from(kind)
            .where(kind.c.guild_id == row.c.guild_id, *claimed, *which)
            .correlate(row)
            .scalar_subquery()
        )

    others = digests.alias("others")
    unsent = others.c.state.in_([literal_column("'ready'"), literal_column("'sending'")])
    return count(_other) + count(others, unsent)
