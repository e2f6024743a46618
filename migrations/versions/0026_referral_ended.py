"""half an upload ends with its referral."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAME = "capture_set_aside_reason"
OLD = (
    "retaken",
    "rejected",
    "changed_on_the_way",
    "wrong_lesion",
    "stopped",
    "never_arrived",
    "filed_elsewhere",
    "consent_refused",
)


def upgrade() -> None:
    """Apply."""
    _allow(*OLD, "referral_ended")


def downgrade() -> None:
    """Take back."""
    _allow(*OLD)


def _allow(*reasons: str) -> None:
    op.drop_constraint(op.f(NAME), "capture")
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.create_check_constraint(op.f(NAME), "capture", f"set_aside_reason IN ({listed})")
