"""Sources count what they brought that was no news and is not posted."""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring it."""
    op.add_column("sources", sa.Column("held_back", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sources", sa.Column("held_back_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    for name in ("held_back_at", "held_back"):
        op.drop_column("sources", name)
