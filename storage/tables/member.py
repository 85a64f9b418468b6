"""What members do: comments, reactions, and the standings that come of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Named,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypedColumns,
)

from storage.tables.base import metadata
from storage.types import RowId, UtcDateTime


class CommentColumns(TypedColumns):
    """A message that is a comment; its votes are computed from the reactions on it."""

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


comments = Table(
    "comments",
    metadata,
    CommentColumns,
    Index(None, "article_id", "guild_id", "created_at", "message_id"),
    Index(None, "channel_id", "message_id"),
)


class ReactionColumns(TypedColumns):
    """A reaction as it stands on Discord, on the message of a post or of a comment."""

    message_id: Named[int] = Column(BigInteger)
    member_id: Named[int] = Column(BigInteger)
    emoji: Named[str] = Column(Text)
    post_id: Named[int | None] = Column(RowId, ForeignKey("posts.id", ondelete="CASCADE"))
    comment_id: Named[int | None] = Column(BigInteger, ForeignKey("comments.message_id", ondelete="CASCADE"))
    reacted_at: Named[datetime] = Column(UtcDateTime)


reactions = Table(
    "reactions",
    metadata,
    ReactionColumns,
    PrimaryKeyConstraint("message_id", "member_id", "emoji"),
    CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="one_subject"),
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
)
Index(
    "ix_standings_stale",
    standings.c.stale_at,
    sqlite_where=standings.c.stale_at.is_not(None),
    postgresql_where=standings.c.stale_at.is_not(None),
)
