"""a lesion may be closed because photographs were not possible at the visit."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = "lesion_unphotographed_reason"
OLD = ("not_found", "healed", "declined", "not_reachable", "unsafe")


def upgrade() -> None:
    """Apply."""
    _allow(*OLD, "not_possible")


def downgrade() -> None:
    """Take back."""
    _allow(*OLD)


def _allow(*reasons: str) -> None:
    op.drop_constraint(op.f(NAME), "lesion")
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.create_check_constraint(op.f(NAME), "lesion", f"unphotographed_reason IN ({listed})")
