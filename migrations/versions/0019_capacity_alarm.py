"""the Work page warns the lead when times run short."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAME = "work_item_kind"
OLD = (
    "call_patient",
    "post_letter",
    "message_failed",
    "letter_returned",
    "retake_to_book",
    "needs_someone_today",
    "safety_alert",
    "tell_patient",
    "image_trouble",
    "rebook",
    "arrange_next_step",
    "audit_broken",
    "job_failed",
)


def upgrade() -> None:
    """Apply."""
    _allow(*OLD, "capacity_alarm")


def downgrade() -> None:
    """Take back."""
    _allow(*OLD)


def _allow(*kinds: str) -> None:
    op.drop_constraint(op.f(NAME), "work_item")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f(NAME), "work_item", f"kind IN ({listed})")
