"""Sources remember the marks of the entries that their last document held, so that only new ones are parsed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring it."""
    op.add_column("sources", sa.Column("marks", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("sources", "marks")
