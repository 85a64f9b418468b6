"""A guild votes with emoji of its own choice and weights; who may vote; the best articles."""

import sqlalchemy as sa
from alembic import op

from storage.types import RowId, UtcDateTime

revision = "0006"
down_revision = "0005"

_RECOUNTING = "recount_at IS NOT NULL"
# Later than any article: all that was counted is counted anew, which gives it its place among the best.
_ALL = "9999-01-01T00:00:00.000000Z"


def upgrade() -> None:
    """Bring it."""
    for table, columns, key in (
        (
            "vote_emoji",
            [
                sa.Column("emoji", sa.Text(), nullable=False),
                sa.Column("weight", sa.Integer(), nullable=False),
                sa.Column("place", sa.Integer(), nullable=False),
                sa.CheckConstraint(
                    "weight BETWEEN -10 AND 10 AND weight <> 0", name=op.f("ck_vote_emoji_weight")
                ),
            ],
            ["emoji"],
        ),
        ("voter_roles", [sa.Column("role_id", sa.BigInteger(), nullable=False)], ["role_id"]),
        (
            "vote_answers",
            [
                sa.Column("member_id", sa.BigInteger(), nullable=False),
                sa.Column("verdict", sa.String(10), nullable=False),
            ],
            ["member_id", "verdict"],
        ),
    ):
        op.create_table(
            table,
            sa.Column("guild_id", sa.BigInteger(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ["guild_id"], ["guilds.id"], name=op.f(f"fk_{table}_guild_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("guild_id", *key, name=op.f(f"pk_{table}")),
            sqlite_with_rowid=False,
        )
    op.execute(
        "INSERT INTO vote_emoji (guild_id, emoji, weight, place) SELECT id, vote_up, 1, 0 FROM guilds "
        "UNION ALL SELECT id, vote_down, -1, 1 FROM guilds WHERE vote_down <> vote_up"
    )
    for name in ("vote_up", "vote_down"):
        op.drop_column("guilds", name)
    op.add_column(
        "guilds", sa.Column("shows_voters", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("guilds", sa.Column("recount_at", UtcDateTime(), nullable=True))
    op.add_column("guilds", sa.Column("recount_id", RowId, nullable=True))
    op.create_index(
        "ix_guilds_recount",
        "guilds",
        ["recount_at"],
        sqlite_where=sa.text(_RECOUNTING),
        postgresql_where=sa.text(_RECOUNTING),
    )
    op.execute(f"UPDATE guilds SET recount_at = '{_ALL}', recount_id = 0")  # noqa: S608  # a constant of ours
    op.add_column("reactions", sa.Column("counts", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("standings", sa.Column("best", sa.Double(), server_default="0", nullable=False))
    op.create_index("ix_standings_best", "standings", ["guild_id", "best", "article_id"])
    op.create_index("ix_posts_article", "posts", ["article_id", "guild_id"])
    op.create_index(op.f("ix_comments_guild_id_created_at"), "comments", ["guild_id", "created_at"])


def downgrade() -> None:
    """Take it back. Of several emoji for and against, the first ones stay."""
    op.drop_index("ix_posts_article", "posts")
    op.drop_index(op.f("ix_comments_guild_id_created_at"), "comments")
    op.drop_index("ix_standings_best", "standings")
    op.drop_column("standings", "best")
    op.drop_column("reactions", "counts")
    op.drop_index("ix_guilds_recount", "guilds")
    for name in ("recount_id", "recount_at", "shows_voters"):
        op.drop_column("guilds", name)
    for name, usual, which in (("vote_up", "👍", "weight > 0"), ("vote_down", "👎", "weight < 0")):
        op.add_column("guilds", sa.Column(name, sa.Text(), server_default=usual, nullable=False))
        first = (
            f"(SELECT emoji FROM vote_emoji WHERE guild_id = guilds.id AND {which} ORDER BY place LIMIT 1)"  # noqa: S608
        )
        op.execute(f"UPDATE guilds SET {name} = COALESCE({first}, {name})")  # noqa: S608
    for table in ("vote_answers", "voter_roles", "vote_emoji"):
        op.drop_table(table)
