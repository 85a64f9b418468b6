"""What members do: comments, reactions, and the standings that come of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Named,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypedColumns,
    false,
    true,
)

from storage.tables.base import metadata
from storage.types import RowId, UtcDateTime


class CommentColumns(TypedColumns):
    """A message that is a comment; its votes are computed from the reactions on it. A `hidden` one is not listed.

    `rank` is their score, negated: so one index has the most voted first, and of equals the oldest. Where it has a
    `feedback_id` the bot posted it for its author, who wrote it into the dialog of this id.
    """

    message_id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    reply_to_id: Named[int | None] = Column(BigInteger)
    author_id: Named[int] = Column(BigInteger)
    text: Named[str] = Column(Text)
    quote: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(UtcDateTime)
    edited_at: Named[datetime | None] = Column(UtcDateTime)
    upvotes: Named[int]
    downvotes: Named[int]
    hidden: Named[bool] = Column(Boolean, server_default=false())
    feedback_id: Named[int | None] = Column(BigInteger)
    rank: Named[int] = Column(Integer, server_default="0")


comments = Table(
    "comments",
    metadata,
    CommentColumns,
    Index(None, "article_id", "guild_id", "created_at", "message_id"),
    Index(None, "channel_id", "message_id"),
    Index(None, "guild_id", "created_at"),
    Index("ix_comments_author", "author_id", "message_id"),
    Index("ix_comments_rank", "article_id", "guild_id", "rank", "message_id"),
)
Index(
    "ix_comments_replies",
    comments.c.reply_to_id,
    comments.c.message_id,
    sqlite_where=comments.c.reply_to_id.is_not(None),
    postgresql_where=comments.c.reply_to_id.is_not(None),
)
Index(
    "ix_comments_feedback",
    comments.c.feedback_id,
    unique=True,
    sqlite_where=comments.c.feedback_id.is_not(None),
    postgresql_where=comments.c.feedback_id.is_not(None),
)


class FeedbackColumns(TypedColumns):
    """What a member wrote into a dialog, until it is known as a message; then it is a comment, and this row goes."""

    id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    author_id: Named[int] = Column(BigInteger)
    author_name: Named[str] = Column(Text)
    quote: Named[str | None] = Column(Text)
    text: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(UtcDateTime)


feedback = Table(
    "feedback",
    metadata,
    FeedbackColumns,
    Index(None, "guild_id", "created_at"),
    Index(None, "article_id"),
    Index(None, "author_id"),
    Index(None, "created_at"),
)


class ReactionColumns(TypedColumns):
    """A reaction as it stands on Discord, on the message of a post or of a comment.

    One whose member might not vote when it came does not `count`.
    """

    message_id: Named[int] = Column(BigInteger)
    member_id: Named[int] = Column(BigInteger)
    emoji: Named[str] = Column(Text)
    post_id: Named[int | None] = Column(RowId, ForeignKey("posts.id", ondelete="CASCADE"))
    comment_id: Named[int | None] = Column(BigInteger, ForeignKey("comments.message_id", ondelete="CASCADE"))
    reacted_at: Named[datetime] = Column(UtcDateTime)
    counts: Named[bool] = Column(Boolean, server_default=true())


reactions = Table(
    "reactions",
    metadata,
    ReactionColumns,
    PrimaryKeyConstraint("message_id", "member_id", "emoji"),
    CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="one_subject"),
    Index("ix_reactions_member", "member_id", "message_id"),
)
Index(
    "ix_reactions_post",
    reactions.c.post_id,
    sqlite_where=reactions.c.post_id.is_not(None),
    postgresql_where=reactions.c.post_id.is_not(None),
)
Index(
    "ix_reactions_comment",
    reactions.c.comment_id,
    sqlite_where=reactions.c.comment_id.is_not(None),
    postgresql_where=reactions.c.comment_id.is_not(None),
)


class StandingColumns(TypedColumns):
    """An article's place in one guild. `stale_at` says since when its cards do not show `version`."""

    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    upvotes: Named[int]
    downvotes: Named[int]
    score: Named[int]
    comment_count: Named[int]
    hot: Named[float] = Column(Double)
    controversy: Named[float] = Column(Double)
    best: Named[float] = Column(Double, server_default="0")
    posted_at: Named[datetime] = Column(UtcDateTime)
    version: Named[int]
    stale_at: Named[datetime | None] = Column(UtcDateTime)


standings = Table(
    "standings",
    metadata,
    StandingColumns,
    PrimaryKeyConstraint("article_id", "guild_id"),
    Index("ix_standings_hot", "guild_id", "hot", "article_id"),
    Index("ix_standings_new", "guild_id", "posted_at", "article_id"),
    Index("ix_standings_top", "guild_id", "score", "article_id"),
    Index("ix_standings_discussed", "guild_id", "comment_count", "article_id"),
    Index("ix_standings_controversial", "guild_id", "controversy", "article_id"),
    Index("ix_standings_best", "guild_id", "best", "article_id"),
)
Index(
    "ix_standings_stale",
    standings.c.stale_at,
    sqlite_where=standings.c.stale_at.is_not(None),
    postgresql_where=standings.c.stale_at.is_not(None),
)


class ClosedColumns(TypedColumns):
    """An article that takes no more comments in a guild: what is written after `closed_at` is none."""

    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    closed_at: Named[datetime] = Column(UtcDateTime)


closed = Table(
    "closed",
    metadata,
    ClosedColumns,
    PrimaryKeyConstraint("article_id", "guild_id"),
    Index(None, "guild_id"),
)


class ForgottenColumns(TypedColumns):
    """A member of whom nothing is kept, nor will be. `finished_at` is when all that was kept before was erased."""

    member_id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    since: Named[datetime] = Column(UtcDateTime)
    finished_at: Named[datetime | None] = Column(UtcDateTime)


forgotten = Table("forgotten", metadata, ForgottenColumns)
Index(
    "ix_forgotten_unfinished",
    forgotten.c.member_id,
    sqlite_where=forgotten.c.finished_at.is_(None),
    postgresql_where=forgotten.c.finished_at.is_(None),
)


class NamelessColumns(TypedColumns):
    """A member who is not to be shown by name where a guild's articles are shown outside of Discord."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)


nameless = Table(
    "nameless",
    metadata,
    NamelessColumns,
    PrimaryKeyConstraint("guild_id", "member_id"),
    Index(None, "member_id"),
)
