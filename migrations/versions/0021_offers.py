"""freed times are offered to one person at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = (
    "call_patient",
    "post_letter",
    "message_failed",
    "patient_replied",
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
    "capacity_alarm",
)
NAME = "work_item_kind"
OPEN = sa.text("state = 'open'")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _allow(*KINDS, "offer_call")
    op.add_column("patient", sa.Column("short_notice", sa.Boolean(), nullable=True))
    op.add_column("slot", sa.Column("freed_at", MOMENT, nullable=True))
    op.create_index(
        "slot_freed_at_idx",
        "slot",
        ["freed_at"],
        postgresql_where=sa.text("freed_at IS NOT NULL"),
    )
    op.alter_column("appointment", "booked_by_id", nullable=True)
    op.alter_column("hold", "held_by_id", nullable=True)
    op.add_column(
        "hold", sa.Column("is_offer", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("hold", "is_offer", server_default=None)
    _create_offer()


def downgrade() -> None:
    """Take back."""
    op.drop_table("offer")
    op.drop_column("hold", "is_offer")
    op.execute("DELETE FROM hold WHERE held_by_id IS NULL")
    op.alter_column("hold", "held_by_id", nullable=False)
    op.drop_index("slot_freed_at_idx", table_name="slot")
    op.drop_column("slot", "freed_at")
    op.drop_column("patient", "short_notice")
    op.execute("DELETE FROM work_item WHERE kind = 'offer_call'")
    _allow(*KINDS)


def _create_offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("instead_of_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("slots", sa.SmallInteger(), nullable=False),
        _coded("channel", "letter", "phone", "sms", "email", nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=True),
        _coded("state", "open", "accepted", "declined", "expired", "ended", nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=False),
        _coded("answered_by", "link", "reply", "phone", nullable=True),
        _coded(
            "decline_reason",
            *("too_soon", "busy", "too_far", "no_transport", "keeps_own", "no_more", "not_said"),
            nullable=True,
        ),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("offer_ended_says_when")
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (appointment_id IS NOT NULL)",
            name=op.f("offer_accepted_has_its_place"),
        ),
        sa.CheckConstraint(
            "(state IN ('accepted', 'declined')) = (answered_by IS NOT NULL)",
            name=op.f("offer_answered_says_how"),
        ),
        sa.CheckConstraint(
            "(state = 'declined') = (decline_reason IS NOT NULL)",
            name=op.f("offer_declined_says_why"),
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"offer_{column}_fkey", **more)
            for column, table, more in (
                ("slot_id", "slot", {}),
                ("referral_id", "referral", {}),
                ("patient_id", "patient", {}),
                ("instead_of_id", "appointment", {}),
                ("hold_id", "hold", {"ondelete": "SET NULL"}),
                ("made_by_id", "user_account", {}),
                ("appointment_id", "appointment", {}),
            )
        ),
        sa.PrimaryKeyConstraint("id", name="offer_pkey"),
        sa.UniqueConstraint("token_sha256", name="offer_token_sha256_key"),
    )
    op.create_index(
        "offer_one_open_per_slot", "offer", ["slot_id"], unique=True, postgresql_where=OPEN
    )
    op.create_index(
        "offer_one_open_per_patient", "offer", ["patient_id"], unique=True, postgresql_where=OPEN
    )
    op.create_index("offer_patient_id_made_at_idx", "offer", ["patient_id", "made_at"])
    op.create_index("offer_made_at_idx", "offer", ["made_at"])
    op.create_index("offer_referral_id_idx", "offer", ["referral_id"])


def _coded(name: str, *values: str, nullable: bool) -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)


def _allow(*kinds: str) -> None:
    op.drop_constraint(op.f(NAME), "work_item")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f(NAME), "work_item", f"kind IN ({listed})")
