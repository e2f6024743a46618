"""patients may have no answer about getting about, an interpreter or a care home."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NAME = "patient_mobility"
OLD = ("independent", "needs_help", "wheelchair", "hoist", "housebound")
UNASKED = ("interpreter_needed", "care_home")


def upgrade() -> None:
    """Apply."""
    for column in UNASKED:
        op.alter_column("patient", column, existing_type=sa.Boolean(), nullable=True)
    _allow(*OLD, "not_stated")


def downgrade() -> None:
    """Take back."""
    op.execute("UPDATE patient SET mobility = 'independent' WHERE mobility = 'not_stated'")
    op.execute("UPDATE patient SET interpreter_needed = coalesce(interpreter_needed, false)")
    op.execute("UPDATE patient SET care_home = coalesce(care_home, false)")
    _allow(*OLD)
    for column in UNASKED:
        op.alter_column("patient", column, existing_type=sa.Boolean(), nullable=False)


def _allow(*words: str) -> None:
    op.drop_constraint(op.f(NAME), "patient")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(NAME), "patient", f"mobility IN ({listed})")
