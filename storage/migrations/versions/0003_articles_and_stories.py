"""Articles keep their text, page, picture and story; subscriptions say how much of it their cards show."""

from collections import Counter

import sqlalchemy as sa
from alembic import op

from storage.search import words_of
from storage.types import RowId, UtcDateTime

revision = "0003"
down_revision = "0002"

_ARTICLE = (
    ("tags", sa.Text(), ""),
    ("language", sa.Text(), None),
    ("word_count", sa.Integer(), None),
    ("paywalled", sa.Boolean(), sa.false()),
    ("media_kind", sa.Text(), None),
    ("media_url", sa.Text(), None),
    ("media_duration_s", sa.Integer(), None),
    ("image_checked", sa.Boolean(), sa.false()),
    ("revisions", sa.Integer(), "0"),
    ("correction", sa.Text(), None),
    ("corrected_at", UtcDateTime(), None),
    ("retracted_at", UtcDateTime(), None),
    ("story_id", RowId, None),
    ("copy_of_id", RowId, None),
)
_WISHES = (("reading", "needed"), ("length", "normal"))


def upgrade() -> None:
    """Bring it."""
    for name, kind, default in _ARTICLE:
        op.add_column("articles", sa.Column(name, kind, server_default=default, nullable=default is None))
    # Cards that are in their channels keep the images that they show.
    op.execute(sa.text("UPDATE articles SET image_checked = :yes").bindparams(yes=True))
    where = sa.text("story_id IS NOT NULL")
    op.create_index(
        "ix_articles_story", "articles", ["story_id", "id"], sqlite_where=where, postgresql_where=where
    )
    op.add_column("guilds", sa.Column("summary_language", sa.Text(), nullable=True))
    for table in ("subscriptions", "posts"):
        for name, default in _WISHES:
            op.add_column(table, sa.Column(name, sa.String(10), server_default=default, nullable=False))
    op.add_column(
        "subscriptions", sa.Column("same_story", sa.String(10), server_default="merge", nullable=False)
    )
    op.add_column("posts", sa.Column("beside_id", RowId, nullable=True))
    for name in ("attached", "attached_as"):
        op.add_column("posts", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("place_id", sa.BigInteger(), nullable=True))
    where = sa.text("place_id IS NOT NULL")
    op.create_index("ix_posts_place", "posts", ["place_id"], sqlite_where=where, postgresql_where=where)
    _make_what_hangs_on_articles()
    _make_stories()
    _make_search()
    _make_what_a_model_wrote()


def downgrade() -> None:
    """Take it back."""
    if op.get_context().dialect.name == "sqlite":
        op.drop_table("keyword_index")
    for table in (
        *("model_use", "written", "keywords", "frequencies", "merged", "copies", "fingerprints"),
        *("shingles", "pictures", "readings", "texts"),
    ):
        op.drop_table(table)
    op.drop_index("ix_posts_place", "posts")
    op.drop_column("posts", "place_id")
    for name in ("attached_as", "attached"):
        op.drop_column("posts", name)
    op.drop_column("posts", "beside_id")
    op.drop_column("subscriptions", "same_story")
    for table in ("posts", "subscriptions"):
        for name, _ in reversed(_WISHES):
            op.drop_column(table, name)
    op.drop_column("guilds", "summary_language")
    op.drop_index("ix_articles_story", "articles")
    for name, _, _ in reversed(_ARTICLE):
        op.drop_column("articles", name)


def _article_id() -> sa.Column[int]:
    return sa.Column("article_id", RowId, nullable=False, autoincrement=False)


def _of_articles(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["article_id"], ["articles.id"], name=op.f(f"fk_{table}_article_id"), ondelete="CASCADE"
    )


def _make_what_hangs_on_articles() -> None:
    op.create_table(
        "texts",
        _article_id(),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("long", sa.Text(), nullable=False),
        _of_articles("texts"),
        sa.PrimaryKeyConstraint("article_id", "origin", name=op.f("pk_texts")),
    )
    op.create_table(
        "readings",
        _article_id(),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("anew", sa.Boolean(), server_default=sa.false(), nullable=False),
        _of_articles("readings"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_readings")),
    )
    op.create_index(op.f("ix_readings_due_at_article_id"), "readings", ["due_at", "article_id"])
    op.create_table(
        "pictures",
        _article_id(),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        _of_articles("pictures"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_pictures")),
    )
    op.create_index(op.f("ix_pictures_made_at"), "pictures", ["made_at"])


def _make_stories() -> None:
    op.create_table(
        "shingles",
        sa.Column("shingle", sa.BigInteger(), nullable=False),
        _article_id(),
        _of_articles("shingles"),
        sa.PrimaryKeyConstraint("shingle", "article_id", name=op.f("pk_shingles")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_shingles_article_id"), "shingles", ["article_id"])
    op.create_table(
        "fingerprints",
        _article_id(),
        sa.Column("shingles", sa.LargeBinary(), nullable=False),
        _of_articles("fingerprints"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_fingerprints")),
    )
    op.create_table(
        "copies",
        _article_id(),
        sa.Column("other_id", RowId, nullable=False),
        _of_articles("copies"),
        sa.ForeignKeyConstraint(
            ["other_id"], ["articles.id"], name=op.f("fk_copies_other_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "other_id", name=op.f("pk_copies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_copies_other_id"), "copies", ["other_id"])
    op.create_table(
        "merged",
        sa.Column("post_id", RowId, nullable=False),
        _article_id(),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_merged_post_id"), ondelete="CASCADE"
        ),
        _of_articles("merged"),
        sa.PrimaryKeyConstraint("post_id", "article_id", name=op.f("pk_merged")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_merged_article_id"), "merged", ["article_id"])


# SQLite's index stands beside the table, and triggers keep it right; PostgreSQL's is one on it.
_SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE keyword_index USING fts5(words, content='keywords', content_rowid='article_id', "
        "detail=none, columnsize=0, tokenize='ascii')",
        "CREATE TRIGGER keywords_inserted AFTER INSERT ON keywords BEGIN "
        "INSERT INTO keyword_index (rowid, words) VALUES (new.article_id, new.words); END",
        "CREATE TRIGGER keywords_deleted AFTER DELETE ON keywords BEGIN INSERT INTO keyword_index "
        "(keyword_index, rowid, words) VALUES ('delete', old.article_id, old.words); END",
        "CREATE TRIGGER keywords_updated AFTER UPDATE ON keywords BEGIN INSERT INTO keyword_index "
        "(keyword_index, rowid, words) VALUES ('delete', old.article_id, old.words); "
        "INSERT INTO keyword_index (rowid, words) VALUES (new.article_id, new.words); END",
    ),
    "postgresql": (
        "CREATE INDEX keyword_index ON keywords USING gin (array_to_tsvector(string_to_array(words, ' ')))",
    ),
}


def _make_search() -> None:
    made = op.create_table(
        "keywords",
        _article_id(),
        sa.Column("words", sa.Text(), nullable=False),
        _of_articles("keywords"),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_keywords")),
    )
    counted = op.create_table(
        "frequencies",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_frequencies")),
        sqlite_with_rowid=False,
    )
    for statement in _SEARCH[op.get_context().dialect.name]:
        op.execute(statement)
    frequencies: Counter[str] = Counter()
    last = 0
    articles = sa.table("articles", sa.column("id"), sa.column("title"), sa.column("summary"))
    while rows := (
        op.get_bind()
        .execute(sa.select(articles).where(articles.c.id > last).order_by(articles.c.id).limit(500))
        .all()
    ):
        last = rows[-1].id
        words = {row.id: words_of(row.title, row.summary) for row in rows}
        op.bulk_insert(
            made,
            [{"article_id": article_id, "words": " ".join(found)} for article_id, found in words.items()],
        )
        for found in words.values():
            frequencies.update({"", *found})
    op.bulk_insert(counted, [{"word": word, "articles": articles} for word, articles in frequencies.items()])


def _make_what_a_model_wrote() -> None:
    op.create_table(
        "written",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_written")),
    )
    op.create_index(op.f("ix_written_written_at"), "written", ["written_at"])
    op.create_table(
        "model_use",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "guild_id", name=op.f("pk_model_use")),
    )
