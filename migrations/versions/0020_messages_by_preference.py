"""Messages by each person's own channel: safe contact, a proxy, and how far each one came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ADDED = {"appointment_reminder", "offer", "proxy", "sending", "delivered", "patient_replied"}
CODES = {
    ("message", "kind"): [
        *("appointment", "appointment_moved", "appointment_cancelled", "appointment_reminder"),
        *("offer", "outcome_patient", "outcome_gp"),
    ],
    ("message", "addressee"): ["patient", "proxy", "gp"],
    ("message", "state"): [
        *("locked", "ready", "printed", "sending", "sent", "delivered"),
        *("returned", "failed", "stopped"),
    ],
    ("work_item", "kind"): [
        *("call_patient", "post_letter", "message_failed", "patient_replied", "letter_returned"),
        *("retake_to_book", "needs_someone_today", "safety_alert", "tell_patient"),
        *("image_trouble", "rebook", "arrange_next_step", "audit_broken", "job_failed"),
        "capacity_alarm",
    ],
}
MESSAGE = (
    sa.Column("subject_id", sa.Uuid(), nullable=True),
    sa.Column("send_to", sa.Text(), nullable=False, server_default=""),
    sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
    sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
    sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("carrier_id", sa.Text(), nullable=False, server_default=""),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("problem", sa.Text(), nullable=False, server_default=""),
)
ABOUT_AN_APPOINTMENT = """
    UPDATE message SET subject_id = split_part(once_key, ':', 2)::uuid
    WHERE kind IN ('appointment', 'appointment_moved', 'appointment_cancelled')
"""


def upgrade() -> None:
    """Apply."""
    for (table, column), codes in CODES.items():
        _allow(table, column, codes)
    for column in MESSAGE:
        op.add_column("message", column)
        if column.server_default is not None:
            op.alter_column("message", column.name, server_default=None)
    op.execute(ABOUT_AN_APPOINTMENT)
    op.create_index("message_subject_id_idx", "message", ["subject_id"])
    op.add_column(
        "patient", sa.Column("safe_contact", sa.Boolean(), nullable=False, server_default="false")
    )
    op.alter_column("patient", "safe_contact", server_default=None)
    op.add_column("patient", sa.Column("proxy", JSONB(), nullable=True))
    op.create_check_constraint(
        op.f("patient_proxy_has_consent"),
        "patient",
        "proxy IS NULL OR proxy ->> 'consented_on' IS NOT NULL",
    )


def downgrade() -> None:
    """Take back."""
    op.drop_constraint(op.f("patient_proxy_has_consent"), "patient")
    op.drop_column("patient", "proxy")
    op.drop_column("patient", "safe_contact")
    op.drop_index("message_subject_id_idx", "message")
    for column in reversed(MESSAGE):
        op.drop_column("message", column.name)
    for (table, column), codes in CODES.items():
        _allow(table, column, [code for code in codes if code not in ADDED])


def _allow(table: str, column: str, codes: list[str]) -> None:
    name = op.f(f"{table}_{column}")
    op.drop_constraint(name, table)
    listed = ", ".join(f"'{code}'" for code in codes)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")
