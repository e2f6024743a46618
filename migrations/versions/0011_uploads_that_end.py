"""captures say why they never arrived, and what hash the service itself computed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "capture_set_aside_reason"
OLD = ("retaken", "rejected", "changed_on_the_way", "wrong_lesion")


def upgrade() -> None:
    """Apply."""
    op.add_column("capture", sa.Column("sha256_received", sa.Text(), nullable=True))
    # filing has always compared both before it filed
    op.execute("UPDATE capture SET sha256_received = sha256 WHERE state = 'filed'")
    _allow(*OLD, "stopped", "never_arrived", "filed_elsewhere")


def downgrade() -> None:
    """Take back."""
    _allow(*OLD)
    op.drop_column("capture", "sha256_received")


def _allow(*reasons: str) -> None:
    op.drop_constraint(op.f(NAME), "capture")
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.create_check_constraint(op.f(NAME), "capture", f"set_aside_reason IN ({listed})")
