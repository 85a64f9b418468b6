"""Follows, and what comes of them: what is to be told to whom, and the letters that tell it."""

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
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    and_,
    false,
    literal_column,
)

from storage.records import FollowKind, PostState, TidingState
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class FollowColumns(TypedColumns):
    """A member's wish to be told of something in a guild: directly, or in `channel_id`; at once, or `gathered`.

    `what` keeps a member from following the same twice; `lookup` is by what those concerned are found: a source's or
    an article's id, an author's name, a phrase's longest word. `wording` is shown to the member. `made_in` is the
    channel in which they said it.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    kind: Named[FollowKind] = Column(choice(FollowKind))
    what: Named[str] = Column(Text)
    lookup: Named[str] = Column(Text)
    wording: Named[str] = Column(Text)
    source_id: Named[int | None] = Column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    article_id: Named[int | None] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    channel_id: Named[int | None] = Column(BigInteger)
    gathered: Named[bool] = Column(Boolean, server_default=false())
    made_in: Named[int] = Column(BigInteger)
    created_at: Named[datetime] = Column(UtcDateTime)


follows = Table(
    "follows",
    metadata,
    FollowColumns,
    UniqueConstraint("member_id", "guild_id", "kind", "what"),
    Index("ix_follows_lookup", "guild_id", "kind", "lookup"),
)
for _column in (follows.c.source_id, follows.c.article_id):
    Index(
        None,
        _column,
        sqlite_where=_column.is_not(None),
        postgresql_where=_column.is_not(None),
    )


class ListenerColumns(TypedColumns):
    """How a member wants to be told, in all guilds. Times are minutes after midnight in their `time_zone` (IANA).

    `closed_at` is when their direct messages were found closed; `closed_told_at` when it was tried to tell them.
    """

    member_id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    time_zone: Named[str] = Column(Text, server_default="UTC")
    quiet_from: Named[int | None]
    quiet_until: Named[int | None]
    gather_at: Named[int] = Column(Integer, server_default="1080")
    gathered: Named[bool] = Column(Boolean, server_default=false())
    closed_at: Named[datetime | None] = Column(UtcDateTime)
    closed_told_at: Named[datetime | None] = Column(UtcDateTime)


listeners = Table("listeners", metadata, ListenerColumns)
CLOSED_UNTOLD = and_(listeners.c.closed_at.is_not(None), listeners.c.closed_told_at.is_(None))
Index(
    "ix_listeners_closed",
    listeners.c.closed_at,
    listeners.c.member_id,
    sqlite_where=CLOSED_UNTOLD,
    postgresql_where=CLOSED_UNTOLD,
)


class ArrivalColumns(TypedColumns):
    """An article, or a comment on it, that came into a guild where somebody follows something: to be matched still.

    `answers` is the author of the comment that the comment replies to. `member_id` is the one member for whom it is
    matched again, because they stopped a follow that it fitted; None: for all.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    comment_id: Named[int | None] = Column(BigInteger, ForeignKey("comments.message_id", ondelete="CASCADE"))
    answers: Named[int | None] = Column(BigInteger)
    member_id: Named[int | None] = Column(BigInteger)


arrivals = Table(
    "arrivals",
    metadata,
    ArrivalColumns,
    Index(None, "guild_id"),
    Index(None, "article_id"),
    Index(None, "comment_id"),
)
Index(
    "ix_arrivals_member",
    arrivals.c.member_id,
    sqlite_where=arrivals.c.member_id.is_not(None),
    postgresql_where=arrivals.c.member_id.is_not(None),
)


class LetterColumns(TypedColumns):
    """A message that tells a member something: directly, or in `channel_id`; on its way or sent."""

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    channel_id: Named[int | None] = Column(BigInteger)
    state: Named[PostState] = Column(choice(PostState, "state"))
    nonce: Named[str] = Column(String(25))
    after_id: Named[int | None] = Column(BigInteger)
    message_id: Named[int | None] = Column(BigInteger)
    due_at: Named[datetime] = Column(UtcDateTime)
    attempts: Named[int]
    problem: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(UtcDateTime)
    sent_at: Named[datetime | None] = Column(UtcDateTime)


letters = Table(
    "letters",
    metadata,
    LetterColumns,
    UniqueConstraint("nonce"),
    CheckConstraint("length(nonce) BETWEEN 1 AND 25", name="nonce_length"),
    Index(None, "member_id", "sent_at"),
    Index(None, "guild_id", "member_id"),
    Index(None, "created_at"),
)
# The states are written out as literals, so that both databases see that a condition is the partial index's.
UNSENT_LETTER = letters.c.state.in_(
    [literal_column(f"'{state}'") for state in (PostState.READY, PostState.SENDING)]
)
Index(
    "ix_letters_unsent",
    letters.c.due_at,
    letters.c.id,
    sqlite_where=UNSENT_LETTER,
    postgresql_where=UNSENT_LETTER,
)


class TidingColumns(TypedColumns):
    """What a member is to be told, once, however many of their follows it fits: an article, or a comment.

    `seen_in` and `seen_id` are channel and message where the member sees it, once it is in a letter.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    article_id: Named[int | None] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    comment_id: Named[int | None] = Column(BigInteger, ForeignKey("comments.message_id", ondelete="CASCADE"))
    follow_id: Named[int] = Column(RowId)
    kind: Named[FollowKind] = Column(choice(FollowKind))
    wording: Named[str] = Column(Text)
    channel_id: Named[int | None] = Column(BigInteger)
    gathered: Named[bool]
    state: Named[TidingState] = Column(choice(TidingState, "state"))
    created_at: Named[datetime] = Column(UtcDateTime)
    due_at: Named[datetime] = Column(UtcDateTime)
    letter_id: Named[int | None] = Column(RowId, ForeignKey("letters.id", ondelete="SET NULL"))
    seen_in: Named[int | None] = Column(BigInteger)
    seen_id: Named[int | None] = Column(BigInteger)


tidings = Table(
    "tidings",
    metadata,
    TidingColumns,
    UniqueConstraint("article_id", "guild_id", "member_id"),
    UniqueConstraint("comment_id", "member_id"),
    CheckConstraint("(article_id IS NULL) <> (comment_id IS NULL)", name="one_subject"),
    Index(None, "member_id", "guild_id"),
    Index(None, "guild_id"),
    Index(None, "created_at"),
)
WAITING = and_(tidings.c.state == literal_column(f"'{TidingState.WAITING}'"), tidings.c.letter_id.is_(None))
"""Whether it is still to be put into a letter."""
Index(
    "ix_tidings_waiting",
    tidings.c.due_at,
    tidings.c.id,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
Index(
    "ix_tidings_letter",
    tidings.c.letter_id,
    sqlite_where=tidings.c.letter_id.is_not(None),
    postgresql_where=tidings.c.letter_id.is_not(None),
)
