"""Texts that come in, and whom we wrote to on a number."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "message_send_to_idx",
        "message",
        ["send_to"],
        postgresql_where=sa.text("send_to <> ''"),
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("carrier_id", sa.Text(), nullable=False),
        sa.Column("sent_from", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("meaning", sa.String(40), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "meaning IN ('confirm', 'change', 'cancel', 'unclear')", name=op.f("reply_meaning")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("reply_message_id_fkey")),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("reply_referral_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reply_pkey")),
        sa.UniqueConstraint("carrier_id", name=op.f("reply_carrier_id_key")),
    )
    op.create_index("reply_subject_id_idx", "reply", ["subject_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("reply")
    op.drop_index("message_send_to_idx", "message")
