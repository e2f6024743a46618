"""slots are kept for minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HELD = "(state = 'held') = (hold_id IS NOT NULL AND expires_at IS NOT NULL)"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["held_by_id"], ["user_account.id"], name="hold_held_by_id_fkey"),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name="hold_referral_id_fkey"),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name="hold_slot_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="hold_pkey"),
    )
    for column in ("slot_id", "referral_id", "expires_at"):
        op.create_index(f"hold_{column}_idx", "hold", [column])
    op.add_column("allocation", sa.Column("hold_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "allocation_hold_id_fkey", "allocation", "hold", ["hold_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index("allocation_hold_id_idx", "allocation", ["hold_id"])
    op.create_check_constraint(op.f("allocation_held_by_a_hold"), "allocation", HELD)


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM allocation WHERE hold_id IS NOT NULL")
    op.drop_constraint(op.f("allocation_held_by_a_hold"), "allocation")
    op.drop_column("allocation", "hold_id")
    op.drop_table("hold")
