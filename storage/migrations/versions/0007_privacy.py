"""Members may be forgotten or nameless, guilds keep for a time, comments are hidden, articles closed to them."""

import sqlalchemy as sa
from alembic import op

from storage.types import RowId, UtcDateTime

revision = "0007"
down_revision = "0006"

_INDEXES = (
    ("ix_comments_author", "comments", ["author_id", "message_id"], None),
    ("ix_digests_of_guild", "digests", ["guild_id", "id"], None),
    ("ix_guilds_left", "guilds", ["left_at"], "left_at IS NOT NULL"),
    ("ix_members_member_id", "members", ["member_id"], None),
    ("ix_posts_guild", "posts", ["guild_id", "id"], None),
    ("ix_reactions_member", "reactions", ["member_id", "message_id"], None),
    ("ix_vote_answers_member_id", "vote_answers", ["member_id"], None),
    ("ix_subscriptions_creator", "subscriptions", ["created_by"], "created_by IS NOT NULL"),
)


def upgrade() -> None:
    """Bring it."""
    op.add_column("guilds", sa.Column("kept_days", sa.Integer(), nullable=True))
    op.add_column("comments", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "closed",
        sa.Column("article_id", RowId, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_closed_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_closed_guild_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "guild_id", name=op.f("pk_closed")),
    )
    op.create_table(
        "forgotten",
        sa.Column("member_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "nameless",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guild_id"], ["guilds.id"], name=op.f("fk_nameless_guild_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name=op.f("pk_nameless")),
    )
    for name, table, columns, condition in (
        *_INDEXES,
        ("ix_closed_guild_id", "closed", ["guild_id"], None),
        ("ix_forgotten_unfinished", "forgotten", ["member_id"], "finished_at IS NULL"),
        ("ix_nameless_member_id", "nameless", ["member_id"], None),
    ):
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take it back."""
    for table in ("nameless", "forgotten", "closed"):
        op.drop_table(table)
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table)
    op.drop_column("comments", "hidden")
    op.drop_column("guilds", "kept_days")
