"""Sources know their kind, rhythm, moves, hubs and what they held last; articles are found by their words."""

import sqlalchemy as sa
from alembic import op

from storage.types import RowId, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring it."""
    op.add_column("sources", sa.Column("marks", sa.LargeBinary(), nullable=True))
    _add_kinds()
    _add_manners()
    _add_hubs()
    _add_what_was_found()
    _add_words()
    _forget_validators()


def downgrade() -> None:
    """Take it back."""
    _drop_words()
    _drop_what_was_found()
    _drop_hubs()
    _drop_manners()
    for name in ("selector", "kind", "marks"):
        op.drop_column("sources", name)


def _add_kinds() -> None:
    """Sources are feeds, as all were until now, or news sitemaps, or pages with links to articles."""
    op.add_column("sources", sa.Column("kind", sa.Text(), server_default="feed", nullable=False))
    op.add_column("sources", sa.Column("selector", sa.Text(), nullable=True))


def _add_manners() -> None:
    """Sources keep their rhythm, what their servers ask, since when they fail, where they move; and who was told."""
    for column in (
        sa.Column("rhythm", sa.LargeBinary(), nullable=True),
        sa.Column("ttl_s", sa.Integer(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("headers", sa.Text(), nullable=True),
    ):
        op.add_column("sources", column)
    op.add_column("subscriptions", sa.Column("told_at", UtcDateTime(), nullable=True))
    # The polls that have failed so far did so since then at the latest.
    op.execute("UPDATE sources SET failing_since = last_polled_at WHERE failures > 0")
    where = sa.text("failing_since IS NOT NULL")
    op.create_index(
        "ix_sources_failing", "sources", ["failing_since"], sqlite_where=where, postgresql_where=where
    )


def _drop_manners() -> None:
    op.drop_index("ix_sources_failing", "sources")
    op.drop_column("subscriptions", "told_at")
    for name in (
        "headers",
        "moved_seen",
        "moved_to",
        "failing_since",
        "not_before",
        "ttl_s",
        "rhythm",
    ):
        op.drop_column("sources", name)


def _add_hubs() -> None:
    """Hubs that push what sources publish, and until when such a source is polled as a safety net only."""
    op.add_column("sources", sa.Column("pushed_until", UtcDateTime(), nullable=True))
    where = sa.text("pushed_until IS NOT NULL")
    op.create_index(
        "ix_sources_pushed", "sources", ["pushed_until"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "hubs",
        sa.Column("id", RowId, nullable=False),
        sa.Column("source_id", RowId, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "wanted",
                "active",
                "ending",
                name=op.f("ck_hubs_state"),
                native_enum=False,
                create_constraint=True,
                length=10,
            ),
            nullable=False,
        ),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("lease_ends_at", UtcDateTime(), nullable=True),
        sa.Column("pushed_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_hubs_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hubs")),
        sa.UniqueConstraint("path", name=op.f("uq_hubs_path")),
    )
    op.create_index("ix_hubs_next_at_id", "hubs", ["next_at", "id"])
    op.create_index("ix_hubs_base", "hubs", ["base"])
    where = sa.text("state != 'ending'")
    op.create_index(
        "uq_hubs_current", "hubs", ["source_id"], unique=True, sqlite_where=where, postgresql_where=where
    )


def _drop_hubs() -> None:
    op.drop_table("hubs")
    op.drop_index("ix_sources_pushed", "sources")
    op.drop_column("sources", "pushed_until")


def _add_what_was_found() -> None:
    """Sources say what was found in them, and how often they publish can be counted."""
    op.add_column("sources", sa.Column("format", sa.Text(), server_default="", nullable=False))
    op.add_column("sources", sa.Column("entries", sa.Integer(), nullable=True))
    op.create_index(
        "ix_articles_source_id_first_seen_at_published_at",
        "articles",
        ["source_id", "first_seen_at", "published_at"],
    )


def _drop_what_was_found() -> None:
    op.drop_index("ix_articles_source_id_first_seen_at_published_at", "articles")
    op.drop_column("sources", "entries")
    op.drop_column("sources", "format")


def _add_words() -> None:
    """Articles are found by their words when their source changes its guids; those of older ones are not known."""
    op.add_column("articles", sa.Column("words", sa.Text(), nullable=True))
    op.create_index("ix_articles_source_id_words_id", "articles", ["source_id", "words", "id"])


def _forget_validators() -> None:
    """Each source is read once whole after this: a quiet one would only say that nothing is new, and have no rhythm.

    What is stored already is known by its identity, so nothing is posted again.
    """
    op.execute("UPDATE sources SET etag = NULL, last_modified = NULL, digest = NULL")


def _drop_words() -> None:
    op.drop_index("ix_articles_source_id_words_id", "articles")
    op.drop_column("articles", "words")
