"""Digests of a day, a week or a month; subscriptions with a limit, and what is over it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.types import RowId, UtcDateTime

revision = "0010"
down_revision = "0009"

_OF_DIGESTS = (
    ("schedule_id", RowId),
    ("member_id", sa.BigInteger()),
    ("heading", sa.Text()),
    ("most", sa.Integer()),
    ("rank", sa.String(13)),
    ("every", sa.String(10)),
)
_OF_ARTICLES: tuple[sa.Column[Any], ...] = (
    sa.Column("also", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("over", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("message_id", sa.BigInteger(), nullable=True),
    sa.Column("comment_id", sa.BigInteger(), nullable=True),
)
_INDEXES = (
    ("ix_digests_member", "digests", ["member_id"], "member_id IS NOT NULL"),
    ("ix_digest_articles_comment", "digest_articles", ["comment_id"], "comment_id IS NOT NULL"),
)
_OF_NEW_TABLES = (
    ("ix_digest_schedules_guild_id_id", "digest_schedules", ["guild_id", "id"], None),
    ("ix_digest_schedules_channel_id", "digest_schedules", ["channel_id"], None),
    ("ix_digest_schedules_due", "digest_schedules", ["due_at", "id"], "due_at IS NOT NULL"),
    ("uq_digest_schedules_member", "digest_schedules", ["member_id", "guild_id"], "member_id IS NOT NULL"),
    ("ix_digest_schedules_creator", "digest_schedules", ["created_by"], "created_by IS NOT NULL"),
    ("ix_over_limit_article_id", "over_limit", ["article_id"], None),
    ("ix_over_limit_guild_id", "over_limit", ["guild_id"], None),
)


def upgrade() -> None:
    """Bring it."""
    for name, kind in _OF_DIGESTS:
        op.add_column("digests", sa.Column(name, kind, nullable=True))
    for column in _OF_ARTICLES:
        op.add_column("digest_articles", column._copy())
    op.add_column("subscriptions", sa.Column("at_most", sa.Integer(), nullable=True))
    op.create_table(
        "digest_schedules",
        sa.Column("id", RowId, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("every", sa.String(10), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("rank", sa.String(13), nullable=False),
        sa.Column("scope", sa.String(10), server_default="guild", nullable=False),
        sa.Column("forum", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_digest_schedules_hour")),
        sa.CheckConstraint("most BETWEEN 1 AND 15", name=op.f("ck_digest_schedules_most")),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_digest_schedules_guild_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_schedules")),
    )
    op.create_table(
        "over_limit",
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("article_id", RowId, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_over_limit_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_over_limit_guild_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", "article_id", name=op.f("pk_over_limit")),
        sqlite_with_rowid=False,
    )
    for name, table, columns, condition in (*_INDEXES, *_OF_NEW_TABLES):
        where = None if condition is None else sa.text(condition)
        op.create_index(
            name, table, columns, unique=name[:2] == "uq", sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("over_limit")
    op.drop_table("digest_schedules")
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table)
    op.drop_column("subscriptions", "at_most")
    for name in ("comment_id", "message_id", "over", "also"):
        op.drop_column("digest_articles", name)
    for name, _ in _OF_DIGESTS:
        op.drop_column("digests", name)
