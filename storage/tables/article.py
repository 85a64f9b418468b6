"""Articles, and all that is kept of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
)

from storage.tables.base import metadata
from storage.types import Lines, RowId, UtcDateTime


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
