"""The tables, their invariants as constraints, and an index for every query of this package."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    Enum,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
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

from storage.records import HubState, Length, PostState, Reading, SameStory
from storage.types import Lines, RowId, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _choice(kind: type[StrEnum], constraint: str | None = None) -> Enum:
    """One of a few words, held by a constraint of this name where there is one."""
    return Enum(
        kind,
        name=constraint,
        native_enum=False,
        create_constraint=constraint is not None,
        length=10,
        values_callable=lambda choices: [choice.value for choice in choices],
    )


class SourceColumns(TypedColumns):
    """A feed that is polled."""

    id: Named[int] = Column(RowId, primary_key=True)
    url: Named[str] = Column(Text)
    title: Named[str] = Column(Text)
    link: Named[str | None] = Column(Text)
    icon_url: Named[str | None] = Column(Text)
    etag: Named[str | None] = Column(Text)
    last_modified: Named[str | None] = Column(Text)
    digest: Named[str | None] = Column(Text)
    next_poll_at: Named[datetime | None] = Column(UtcDateTime)
    last_polled_at: Named[datetime | None] = Column(UtcDateTime)
    last_success_at: Named[datetime | None] = Column(UtcDateTime)
    failures: Named[int]
    problem: Named[str | None] = Column(Text)
    marks: Named[bytes | None] = Column(LargeBinary)
    kind: Named[str] = Column(Text, server_default="feed")
    selector: Named[str | None] = Column(Text)
    rhythm: Named[bytes | None] = Column(LargeBinary)
    ttl_s: Named[int | None]
    not_before: Named[datetime | None] = Column(UtcDateTime)
    failing_since: Named[datetime | None] = Column(UtcDateTime)
    moved_to: Named[str | None] = Column(Text)
    moved_seen: Named[int] = Column(Integer, server_default="0")
    headers: Named[str | None] = Column(Text)
    pushed_until: Named[datetime | None] = Column(UtcDateTime)
    format: Named[str] = Column(Text, server_default="")
    entries: Named[int | None]


sources = Table("sources", metadata, SourceColumns, UniqueConstraint("url"))
Index(
    "ix_sources_due",
    sources.c.next_poll_at,
    sources.c.id,
    sqlite_where=sources.c.next_poll_at.is_not(None),
    postgresql_where=sources.c.next_poll_at.is_not(None),
)
Index(
    "ix_sources_failing",
    sources.c.failing_since,
    sqlite_where=sources.c.failing_since.is_not(None),
    postgresql_where=sources.c.failing_since.is_not(None),
)
Index(
    "ix_sources_pushed",
    sources.c.pushed_until,
    sqlite_where=sources.c.pushed_until.is_not(None),
    postgresql_where=sources.c.pushed_until.is_not(None),
)


class HubColumns(TypedColumns):
    """A hub that pushes, or is to push, a source's news. Those that are to end stay until they are told so."""

    id: Named[int] = Column(RowId, primary_key=True)
    source_id: Named[int] = Column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    url: Named[str] = Column(Text)
    topic: Named[str] = Column(Text)
    base: Named[str] = Column(Text)
    path: Named[str] = Column(Text)
    secret: Named[str] = Column(Text)
    state: Named[HubState] = Column(_choice(HubState, "state"))
    next_at: Named[datetime] = Column(UtcDateTime)
    attempts: Named[int]
    asked_at: Named[datetime | None] = Column(UtcDateTime)
    lease_ends_at: Named[datetime | None] = Column(UtcDateTime)
    pushed_at: Named[datetime | None] = Column(UtcDateTime)
    problem: Named[str | None] = Column(Text)


hubs = Table(
    "hubs", metadata, HubColumns, UniqueConstraint("path"), Index(None, "next_at", "id"), Index(None, "base")
)
Index(
    "uq_hubs_current",
    hubs.c.source_id,
    unique=True,
    sqlite_where=hubs.c.state != literal_column("'ending'"),
    postgresql_where=hubs.c.state != literal_column("'ending'"),
)


class ArticleColumns(TypedColumns):
    """An entry that was stored, once. `search_text` is title and summary, casefolded: no database does it alike.

    `words` is None too for what was stored before there were any.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    source_id: Named[int] = Column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    identity: Named[str] = Column(Text)
    revision: Named[str] = Column(Text)
    url: Named[str | None] = Column(Text)
    title: Named[str] = Column(Text)
    author: Named[str | None] = Column(Text)
    summary: Named[str] = Column(Text)
    search_text: Named[str] = Column(Text)
    image_url: Named[str | None] = Column(Text)
    published_at: Named[datetime | None] = Column(UtcDateTime)
    first_seen_at: Named[datetime] = Column(UtcDateTime)
    revised_at: Named[datetime | None] = Column(UtcDateTime)
    words: Named[str | None] = Column(Text)
    tags: Named[tuple[str, ...]] = Column(Lines, server_default="")
    language: Named[str | None] = Column(Text)
    word_count: Named[int | None]
    paywalled: Named[bool] = Column(Boolean, server_default=false())
    media_kind: Named[str | None] = Column(Text)
    media_url: Named[str | None] = Column(Text)
    media_duration_s: Named[int | None]
    image_checked: Named[bool] = Column(Boolean, server_default=false())
    revisions: Named[int] = Column(Integer, server_default="0")
    correction: Named[str | None] = Column(Text)
    corrected_at: Named[datetime | None] = Column(UtcDateTime)
    retracted_at: Named[datetime | None] = Column(UtcDateTime)
    # No foreign keys: a story outlives its first article, as a copy outlives what it copies.
    story_id: Named[int | None] = Column(RowId)
    copy_of_id: Named[int | None] = Column(RowId)


articles = Table(
    "articles",
    metadata,
    ArticleColumns,
    UniqueConstraint("source_id", "identity"),
    Index(None, "source_id", "id"),
    # Holds all that a source's pace is counted from, so that no article is read for it.
    Index(None, "source_id", "first_seen_at", "published_at"),
    Index(None, "source_id", "words", "id"),
)
Index(
    "ix_articles_story",
    articles.c.story_id,
    articles.c.id,
    sqlite_where=articles.c.story_id.is_not(None),
    postgresql_where=articles.c.story_id.is_not(None),
)


class TextColumns(TypedColumns):
    """What an article tells, as its `origin` has it: its feed, its page, or a language model (`model:de`)."""

    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    origin: Named[str] = Column(Text)
    body: Named[str] = Column(Text)
    whole: Named[bool]
    short: Named[str] = Column(Text)
    normal: Named[str] = Column(Text)
    long: Named[str] = Column(Text)


texts = Table("texts", metadata, TextColumns, PrimaryKeyConstraint("article_id", "origin"))


class ReadingColumns(TypedColumns):
    """An article whose page, image or model's summary is still to be fetched; the row ends with that."""

    article_id: Named[int] = Column(
        RowId, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    due_at: Named[datetime] = Column(UtcDateTime)
    attempts: Named[int]
    anew: Named[bool] = Column(Boolean, server_default=false())


readings = Table("readings", metadata, ReadingColumns, Index(None, "due_at", "article_id"))


class PictureColumns(TypedColumns):
    """An article's image, made small, where Discord can't fetch the publisher's own."""

    article_id: Named[int] = Column(
        RowId, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    media_type: Named[str] = Column(Text)
    data: Named[bytes] = Column(LargeBinary)
    made_at: Named[datetime] = Column(UtcDateTime)


pictures = Table("pictures", metadata, PictureColumns, Index(None, "made_at"))


class ShingleColumns(TypedColumns):
    """Which articles of the last weeks hold which shingle: of each article the few smallest, to find it by."""

    shingle: Named[int] = Column(BigInteger)
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))


shingles = Table(
    "shingles",
    metadata,
    ShingleColumns,
    PrimaryKeyConstraint("shingle", "article_id"),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)


class FingerprintColumns(TypedColumns):
    """All shingles of an article of the last weeks, packed (see `bot.feeds.shingles`)."""

    article_id: Named[int] = Column(
        RowId, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    shingles: Named[bytes] = Column(LargeBinary)


fingerprints = Table("fingerprints", metadata, FingerprintColumns)


class CopyColumns(TypedColumns):
    """Two articles of different sources that tell the same in the same words; each pair stands here both ways."""

    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    other_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))


copies = Table(
    "copies",
    metadata,
    CopyColumns,
    PrimaryKeyConstraint("article_id", "other_id"),
    Index(None, "other_id"),
    sqlite_with_rowid=False,
)


class KeywordColumns(TypedColumns):
    """The words of an article's title and text, divided by blanks, by which it is found (see `storage.search`)."""

    article_id: Named[int] = Column(
        RowId, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Named[str] = Column(Text)


keywords = Table("keywords", metadata, KeywordColumns)
# The index over the words is made by a migration alone: each database has a kind of its own.


class FrequencyColumns(TypedColumns):
    """In about how many articles a word stands; the empty word stands in each of them."""

    word: Named[str] = Column(Text, primary_key=True)
    articles: Named[int]


frequencies = Table("frequencies", metadata, FrequencyColumns, sqlite_with_rowid=False)


class WrittenColumns(TypedColumns):
    """A summary that a language model wrote, by the digest of all it was made from."""

    digest: Named[str] = Column(Text, primary_key=True)
    text: Named[str] = Column(Text)
    written_at: Named[datetime] = Column(UtcDateTime)


written = Table("written", metadata, WrittenColumns, Index(None, "written_at"))


class ModelUseColumns(TypedColumns):
    """How many tokens a guild used on a day (UTC, ISO 8601); the guild 0 is all of them together."""

    day: Named[str] = Column(Text)
    guild_id: Named[int] = Column(BigInteger)
    tokens: Named[int] = Column(BigInteger)


model_use = Table("model_use", metadata, ModelUseColumns, PrimaryKeyConstraint("day", "guild_id"))


class GuildColumns(TypedColumns):
    """A Discord server that the bot is or was in. The name is unknown until Discord told it."""

    id: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    name: Named[str | None] = Column(Text)
    joined_at: Named[datetime] = Column(UtcDateTime)
    left_at: Named[datetime | None] = Column(UtcDateTime)
    vote_up: Named[str] = Column(Text)
    vote_down: Named[str] = Column(Text)
    summary_language: Named[str | None] = Column(Text)


guilds = Table("guilds", metadata, GuildColumns)


class MemberColumns(TypedColumns):
    """The name of somebody who wrote a comment, as it is in that guild."""

    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    member_id: Named[int] = Column(BigInteger)
    name: Named[str] = Column(Text)


members = Table("members", metadata, MemberColumns, PrimaryKeyConstraint("guild_id", "member_id"))


class SubscriptionColumns(TypedColumns):
    """A source wired to a channel."""

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    source_id: Named[int] = Column(RowId, ForeignKey("sources.id", ondelete="CASCADE"))
    thread: Named[bool]
    newest: Named[int]
    created_by: Named[int | None] = Column(BigInteger)
    created_at: Named[datetime] = Column(UtcDateTime)
    started_at: Named[datetime | None] = Column(UtcDateTime)
    told_at: Named[datetime | None] = Column(UtcDateTime)
    reading: Named[Reading] = Column(_choice(Reading), server_default="needed")
    length: Named[Length] = Column(_choice(Length), server_default="normal")
    same_story: Named[SameStory] = Column(_choice(SameStory), server_default="merge")


subscriptions = Table(
    "subscriptions",
    metadata,
    SubscriptionColumns,
    UniqueConstraint("channel_id", "source_id"),
    Index(None, "guild_id", "id"),
    Index(None, "source_id", "id"),
)


class PostColumns(TypedColumns):
    """The outbox row, then the message. The channel's next one waits until this one is finished.

    `length` and `reading` are the subscription's wishes. It goes into the thread of the post `beside_id`, where set;
    `place_id` is that thread once it is known.
    `attached` is the address of the image that its message carries as a file, called `attached_as`.
    """

    id: Named[int] = Column(RowId, primary_key=True)
    guild_id: Named[int] = Column(BigInteger, ForeignKey("guilds.id", ondelete="CASCADE"))
    channel_id: Named[int] = Column(BigInteger)
    article_id: Named[int] = Column(RowId, ForeignKey("articles.id", ondelete="CASCADE"))
    state: Named[PostState] = Column(_choice(PostState, "state"))
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
    length: Named[Length] = Column(_choice(Length), server_default="normal")
    reading: Named[Reading] = Column(_choice(Reading), server_default="needed")
    beside_id: Named[int | None] = Column(RowId)
    place_id: Named[int | None] = Column(BigInteger)
    attached: Named[str | None] = Column(Text)
    attached_as: Named[str | None] = Column(Text)


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


UNFINISHED = is_unfinished(posts)
SENT = is_sent(posts)

Index(
    "ix_posts_unfinished",
    posts.c.channel_id,
    posts.c.id,
    sqlite_where=UNFINISHED,
    postgresql_where=UNFINISHED,
)
Index("ix_posts_waiting", posts.c.guild_id, sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)
Index("ix_posts_sent", posts.c.sent_at, posts.c.id, sqlite_where=SENT, postgresql_where=SENT)
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


class LeaseColumns(TypedColumns):
    """Who may be the one bot on this database, and until when by the database's clock."""

    name: Named[str] = Column(Text, primary_key=True)
    holder: Named[str] = Column(Text)
    fence: Named[int] = Column(BigInteger)
    expires_at: Named[datetime] = Column(UtcDateTime)


leases = Table("leases", metadata, LeaseColumns)
