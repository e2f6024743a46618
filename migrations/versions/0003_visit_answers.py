"""answers of a visit: stopped identity, competence, interpreter, not photographed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOTES = (
    "identity_failed_note",
    "identity_sorted_note",
    "competence_note",
    "interpreter",
    "no_interpreter_reason",
)


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "visit", sa.Column("identity_failed_at", sa.DateTime(timezone=True), nullable=True)
    )
    for name in NOTES:
        _add_text(name)
    op.add_column(
        "visit",
        sa.Column(
            "not_photographed_reason",
            sa.Enum(
                "consent_refused",
                "capacity_not_settled",
                "identity_not_confirmed",
                "unwell",
                "no_chaperone",
                "no_interpreter",
                "equipment_failed",
                "other",
                name="not_photographed_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
    )
    _add_text("not_photographed_note")


def downgrade() -> None:
    """Take back."""
    for name in (
        "not_photographed_note",
        "not_photographed_reason",
        *reversed(NOTES),
        "identity_failed_at",
    ):
        op.drop_column("visit", name)


def _add_text(name: str) -> None:
    op.add_column("visit", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.alter_column("visit", name, server_default=None)
