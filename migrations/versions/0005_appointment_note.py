"""appointment note."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("appointment", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.alter_column("appointment", "note", server_default=None)


def downgrade() -> None:
    """Take back."""
    op.drop_column("appointment", "note")
