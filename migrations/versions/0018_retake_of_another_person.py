"""new photographs may be asked for because the last ones show another person."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME = "retake_reason"
SEEN = ("blurred", "exposure", "wrong_site")
REST = ("missing_view", "obscured", "scale_missing", "other")


def upgrade() -> None:
    """Apply."""
    _allow(*SEEN, "wrong_person", *REST)


def downgrade() -> None:
    """Take back."""
    _allow(*SEEN, *REST)


def _allow(*reasons: str) -> None:
    op.drop_constraint(op.f(NAME), "retake")
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.create_check_constraint(op.f(NAME), "retake", f"reason IN ({listed})")
