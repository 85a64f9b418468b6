"""Digests: articles posted together, of a period or since they waited too long; and when each is due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Named,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
    literal_column,
)

from storage.records import Every, PostState, Scope, Sort
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class DigestColumns(TypedColumns):
    """A digest's message, on its way or there. The channel's posts wait until it is sent; it has one at a time.

    One that was `halved` was refused with more articles than it names now, and takes none any more.
    A schedule's has the columns from `schedule_id` to `every`; one of what waited too long has none of them.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    state: Named[PostState] = Column(choice(PostState, "state"))
    nonce: Named[str] = Column(String(25))
    after_id: Named[int | None] = Column(BigInteger)
    message_id: Named[int | None] = Column(BigInteger)
    place_id: Named[int | None] = Column(BigInteger)
    due_at: Named[datetime] = Column(UtcDateTime)
    leased_until: Named[datetime | None] = Column(UtcDateTime)
    claim: Named[int] = Column(Integer, server_default="0")
    attempts: Named[int]
    problem: Named[str | None] = Column(Text)
    forum: Named[bool] = Column(Boolean, server_default=false())
    halved: Named[bool] = Column(Boolean, server_default=false())
    created_at: Named[datetime] = Column(UtcDateTime)
    sent_at: Named[datetime | None] = Column(UtcDateTime)
    # No foreign key: a digest outlives its schedule.
    schedule_id: Named[int | None] = Column(RowId)
    member_id: Named[int | None] = Column(BigInteger)
    heading: Named[str | None] = Column(Text)
    most: Named[int | None]
    rank: Named[Sort | None] = Column(choice(Sort))
    every: Named[Every | None] = Column(choice(Every))


digests = Table(
    "digests",
    metadata,
    DigestColumns,
    UniqueConstraint("nonce"),
    UniqueConstraint("message_id"),
    CheckConstraint("length(nonce) BETWEEN 1 AND 25", name="nonce_length"),
)

# The states are written out as literals, so that both databases see that a condition is the partial index's.
UNSENT = digests.c.state.in_([literal_column(f"'{state}'") for state in (PostState.READY, PostState.SENDING)])
"""Whether a digest is still on its way."""

Index("uq_digests_unsent", digests.c.channel_id, unique=True, sqlite_where=UNSENT, postgresql_where=UNSENT)
Index("ix_digests_of_guild", digests.c.guild_id, digests.c.id)
Index("ix_digests_guild", digests.c.guild_id, sqlite_where=UNSENT, postgresql_where=UNSENT)
Index(
    "ix_digests_member",
    digests.c.member_id,
    sqlite_where=digests.c.member_id.is_not(None),
    postgresql_where=digests.c.member_id.is_not(None),
)


class DigestArticleColumns(TypedColumns):
    """An article that a digest names; `place` says where, the smallest first.

    One that is `also` there tells the same as the other of its place. One `over` its channel's limit has no card.
    `message_id` is the card, `comment_id` the comment that is quoted: whoever erases comments erases this too.
    """

    digest_id: Named[int] = Column(RowId, ForeignKey("digests.id", ondelete="CASCADE"))
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    place: Named[int] = Column(RowId)
    also: Named[bool] = Column(Boolean, server_default=false())
    over: Named[bool] = Column(Boolean, server_default=false())
    message_id: Named[int | None] = Column(BigInteger)
    comment_id: Named[int | None] = Column(BigInteger)


digest_articles = Table(
    "digest_articles",
    metadata,
    DigestArticleColumns,
    PrimaryKeyConstraint("digest_id", "article_id"),
    Index(None, "digest_id", "place"),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)
Index(
    "ix_digest_articles_comment",
    digest_articles.c.comment_id,
    sqlite_where=digest_articles.c.comment_id.is_not(None),
    postgresql_where=digest_articles.c.comment_id.is_not(None),
)


class DigestScheduleColumns(TypedColumns):
    """When a digest goes into a channel, or to a member, where `channel_id` is their direct messages.

    `hour` is of the `zone`'s clock, `day` 0 to 6 from Monday on, or 1 to 31 of the month. It is looked at when it is
    `due_at`; one that is paused never is, and `told_at` is when its member was told. `until` is where its last period
    ended.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    member_id: Named[int | None] = Column(BigInteger)
    created_by: Named[int | None] = Column(BigInteger)
    created_at: Named[datetime] = Column(UtcDateTime)
    every: Named[Every] = Column(choice(Every))
    hour: Named[int]
    day: Named[int]
    zone: Named[str] = Column(Text)
    most: Named[int]
    rank: Named[Sort] = Column(choice(Sort))
    scope: Named[Scope] = Column(choice(Scope), server_default="guild")
    forum: Named[bool] = Column(Boolean, server_default=false())
    due_at: Named[datetime | None] = Column(UtcDateTime)
    until: Named[datetime] = Column(UtcDateTime)
    told_at: Named[datetime | None] = Column(UtcDateTime)


digest_schedules = Table(
    "digest_schedules",
    metadata,
    DigestScheduleColumns,
    CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
    CheckConstraint("most BETWEEN 1 AND 15", name="most"),
    Index(None, "guild_id", "id"),
    Index(None, "channel_id"),
)
Index(
    "ix_digest_schedules_due",
    digest_schedules.c.due_at,
    digest_schedules.c.id,
    sqlite_where=digest_schedules.c.due_at.is_not(None),
    postgresql_where=digest_schedules.c.due_at.is_not(None),
)
Index(
    "uq_digest_schedules_member",
    digest_schedules.c.member_id,
    digest_schedules.c.guild_id,
    unique=True,
    sqlite_where=digest_schedules.c.member_id.is_not(None),
    postgresql_where=digest_schedules.c.member_id.is_not(None),
)
Index(
    "ix_digest_schedules_creator",
    digest_schedules.c.created_by,
    sqlite_where=digest_schedules.c.created_by.is_not(None),
    postgresql_where=digest_schedules.c.created_by.is_not(None),
)


class OverLimitColumns(TypedColumns):
    """An article that was one too many for its channel that day: it waits for the channel's next digest."""

    channel_id: Named[int] = Column(BigInteger)
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    kept_at: Named[datetime] = Column(UtcDateTime)


over_limit = Table(
    "over_limit",
    metadata,
    OverLimitColumns,
    PrimaryKeyConstraint("channel_id", "article_id"),
    Index(None, "article_id"),
    Index(None, "guild_id"),
    sqlite_with_rowid=False,
)
