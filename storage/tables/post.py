"""Posts: the outbox, then the messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    Named,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    and_,
    false,
    literal_column,
)

from storage.records import Length, PostState, Reading
from storage.tables.base import choice, metadata
from storage.types import RowId, UtcDateTime


class PostColumns(TypedColumns):
    """The outbox row, then the message. The channel's next one waits until this one is finished.

    `length` and `reading` are the subscription's wishes. It goes into the thread of the post `beside_id`, where set;
    `place_id` is that thread once it is known.
    `attached` is the address of the image that its message carries as a file, called `attached_as`.
    `claim` counts its claims. `swept_at` is when it was last compared with Discord; None where it never is any more.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    state: Named[PostState] = Column(choice(PostState, "state"))
    nonce: Named[str] = Column(String(25))
    after_id: Named[int | None] = Column(BigInteger)
    message_id: Named[int | None] = Column(BigInteger)
    thread_wanted: Named[bool]
    thread_id: Named[int | None] = Column(BigInteger)
    seeded: Named[int]
    due_at: Named[datetime] = Column(UtcDateTime)
    leased_until: Named[datetime | None] = Column(UtcDateTime)
    attempts: Named[int]
    problem: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(UtcDateTime)
    sent_at: Named[datetime | None] = Column(UtcDateTime)
    finished_at: Named[datetime | None] = Column(UtcDateTime)
    length: Named[Length] = Column(choice(Length), server_default="normal")
    reading: Named[Reading] = Column(choice(Reading), server_default="needed")
    beside_id: Named[int | None] = Column(RowId)
    place_id: Named[int | None] = Column(BigInteger)
    attached: Named[str | None] = Column(Text)
    attached_as: Named[str | None] = Column(Text)
    announce_wanted: Named[bool] = Column(Boolean, server_default=false())
    announced: Named[bool] = Column(Boolean, server_default=false())
    pin_wanted: Named[bool] = Column(Boolean, server_default=false())
    pinned: Named[bool] = Column(Boolean, server_default=false())
    expires_at: Named[datetime] = Column(UtcDateTime)
    claim: Named[int] = Column(Integer, server_default="0")
    forum: Named[bool] = Column(Boolean, server_default=false())
    swept_at: Named[datetime | None] = Column(UtcDateTime)
    thread_last_id: Named[int | None] = Column(BigInteger)
    thread_count: Named[int | None]
    thread_archived_at: Named[datetime | None] = Column(UtcDateTime)


posts = Table(
    "posts",
    metadata,
    PostColumns,
    UniqueConstraint("article_id", "channel_id"),
    UniqueConstraint("nonce"),
    UniqueConstraint("message_id"),
    CheckConstraint("length(nonce) BETWEEN 1 AND 25", name="nonce_length"),
)


# The states are written out as literals, so that both databases see that a condition is a partial index's.
def is_unfinished(post: FromClause) -> ColumnElement[bool]:
    """Say whether something remains to be done for a post: of the table or an alias of it."""
    open_states = (PostState.READY, PostState.SENDING, PostState.SENT)
    literals: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in open_states]
    return and_(post.c.finished_at.is_(None), post.c.state.in_(literals))


def is_sent(post: FromClause) -> ColumnElement[bool]:
    """Say whether a post is in its channel: of the table or an alias of it."""
    return post.c.state == literal_column(f"'{PostState.SENT}'")


def is_announcing(post: FromClause) -> ColumnElement[bool]:
    """Say whether a post that is done is still to be published to those who follow its channel."""
    return and_(is_sent(post), post.c.announce_wanted, ~post.c.announced, post.c.finished_at.is_not(None))


UNFINISHED = is_unfinished(posts)
SENT = is_sent(posts)

Index(
    "ix_posts_unfinished",
    posts.c.channel_id,
    posts.c.id,
    sqlite_where=UNFINISHED,
    postgresql_where=UNFINISHED,
)
Index(
    "ix_posts_waiting",
    posts.c.guild_id,
    posts.c.channel_id,
    posts.c.id,
    sqlite_where=UNFINISHED,
    postgresql_where=UNFINISHED,
)
Index("ix_posts_sent", posts.c.sent_at, posts.c.id, sqlite_where=SENT, postgresql_where=SENT)
READY = posts.c.state == literal_column(f"'{PostState.READY}'")
SWEPT = and_(SENT, posts.c.swept_at.is_not(None))
CLAIMED = posts.c.leased_until.is_not(None)
Index(
    "ix_posts_claimed", posts.c.guild_id, posts.c.channel_id, sqlite_where=CLAIMED, postgresql_where=CLAIMED
)
ANNOUNCING = is_announcing(posts)
Index(
    "ix_posts_announcing",
    posts.c.channel_id,
    posts.c.id,
    sqlite_where=ANNOUNCING,
    postgresql_where=ANNOUNCING,
)
Index("ix_posts_expiring", posts.c.expires_at, posts.c.id, sqlite_where=READY, postgresql_where=READY)
Index("ix_posts_swept", posts.c.swept_at, posts.c.id, sqlite_where=SWEPT, postgresql_where=SWEPT)
Index("ix_posts_guild", posts.c.guild_id, posts.c.id)
# Where an article stands in a guild. Without it SQLite walks all posts of the guild.
Index("ix_posts_article", posts.c.article_id, posts.c.guild_id)
Index("ix_posts_channel", posts.c.channel_id, posts.c.message_id)
Index(
    "ix_posts_thread",
    posts.c.thread_id,
    sqlite_where=posts.c.thread_id.is_not(None),
    postgresql_where=posts.c.thread_id.is_not(None),
)
Index(
    "ix_posts_place",
    posts.c.place_id,
    sqlite_where=posts.c.place_id.is_not(None),
    postgresql_where=posts.c.place_id.is_not(None),
)


class MergedColumns(TypedColumns):
    """An article that has no post of its own in a channel: the post there tells the same and names it."""

    post_id: Named[int] = Column(RowId, ForeignKey("posts.id", ondelete="CASCADE"))
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))


merged = Table(
    "merged",
    metadata,
    MergedColumns,
    PrimaryKeyConstraint("post_id", "article_id"),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)
