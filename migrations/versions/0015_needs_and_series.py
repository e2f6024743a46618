"""needs that somebody answers for, clinics in a series."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    kind = sa.ARRAY(sa.Text())
    op.add_column("appointment", sa.Column("unmet", kind, nullable=False, server_default="{}"))
    op.alter_column("appointment", "unmet", server_default=None)
    op.add_column(
        "slot", sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("slot", "withdrawn", server_default=None)
    op.add_column("clinic", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.create_index("clinic_series_id_idx", "clinic", ["series_id"])
    op.add_column("appointment", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("appointment_responsibility_says_why"),
        "appointment",
        "cardinality(unmet) = 0 OR note <> ''",
    )


def downgrade() -> None:
    """Take back."""
    op.drop_constraint(op.f("appointment_responsibility_says_why"), "appointment")
    op.drop_column("appointment", "ended_at")
    op.drop_column("clinic", "series_id")
    op.drop_column("slot", "withdrawn")
    op.drop_column("appointment", "unmet")
