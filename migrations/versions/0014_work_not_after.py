"""Work that is of no use after a day: a call about an appointment."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the day."""
    op.add_column("work_item", sa.Column("not_after", sa.Date(), nullable=True))


def downgrade() -> None:
    """Forget the day."""
    op.drop_column("work_item", "not_after")
