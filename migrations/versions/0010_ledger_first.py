"""the ledger is written before the appointment it is for."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NAME = "allocation_appointment_id_fkey"


def upgrade() -> None:
    """Apply."""
    _point(deferrable=True, initially="DEFERRED")


def downgrade() -> None:
    """Take back."""
    _point()


def _point(**how: object) -> None:
    op.drop_constraint(NAME, "allocation", type_="foreignkey")
    op.create_foreign_key(NAME, "allocation", "appointment", ["appointment_id"], ["id"], **how)
