"""Digests: articles that waited too long for their channel, posted together."""

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

from storage.records import PostState
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class DigestColumns(TypedColumns):
    """A digest's message, on its way or there. The channel's posts wait until it is sent; it has one at a time.

    One that was `halved` was refused with more articles than it names now, and takes none any more.
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


class DigestArticleColumns(TypedColumns):
    """An article that a digest names; `place` says where, the smallest first."""

    digest_id: Named[int] = Column(RowId, ForeignKey("digests.id", ondelete="CASCADE"))
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    place: Named[int] = Column(RowId)


digest_articles = Table(
    "digest_articles",
    metadata,
    DigestArticleColumns,
    PrimaryKeyConstraint("digest_id", "article_id"),
    Index(None, "digest_id", "place"),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)
