"""Sources remember the marks of the entries that their last document held, so that only new ones are parsed."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring it."""
    op.add_column("sources", sa.Column("marks", sa.LargeBinary(), nullable=True))
    _add_manners()


def downgrade() -> None:
    """Take it back."""
    _drop_manners()
    op.drop_column("sources", "marks")


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
