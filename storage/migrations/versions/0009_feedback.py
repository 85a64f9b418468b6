"""Feedback from dialogs is posted for members; guilds hear once what can't be read; comments are read page by page."""

import sqlalchemy as sa
from alembic import op

from storage.types import RowId, UtcDateTime

revision = "0009"
down_revision = "0008"

_INDEXES = (
    ("ix_feedback_guild_id_created_at", ["guild_id", "created_at"]),
    ("ix_feedback_article_id", ["article_id"]),
    ("ix_feedback_author_id", ["author_id"]),
    ("ix_feedback_created_at", ["created_at"]),
)


def upgrade() -> None:
    """Bring it."""
    op.add_column("comments", sa.Column("feedback_id", sa.BigInteger(), nullable=True))
    given = sa.text("feedback_id IS NOT NULL")
    op.create_index(
        "ix_comments_feedback",
        "comments",
        ["feedback_id"],
        unique=True,
        sqlite_where=given,
        postgresql_where=given,
    )
    op.add_column("comments", sa.Column("rank", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE comments SET rank = downvotes - upvotes WHERE upvotes <> downvotes")
    op.create_index("ix_comments_rank", "comments", ["article_id", "guild_id", "rank", "message_id"])
    replies = sa.text("reply_to_id IS NOT NULL")
    op.create_index(
        "ix_comments_replies",
        "comments",
        ["reply_to_id", "message_id"],
        sqlite_where=replies,
        postgresql_where=replies,
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("article_id", RowId, nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_feedback_guild_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_feedback_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    for name, columns in _INDEXES:
        op.create_index(name, "feedback", columns)
    op.add_column("guilds", sa.Column("withheld_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("guilds", "withheld_at")
    op.drop_table("feedback")
    for name in ("ix_comments_replies", "ix_comments_rank", "ix_comments_feedback"):
        op.drop_index(name, "comments")
    op.drop_column("comments", "rank")
    op.drop_column("comments", "feedback_id")
