"""What programs asked with an Idempotency-Key, and what they were answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "api_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("asked_sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("api_request_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("api_request_pkey")),
        sa.UniqueConstraint("user_id", "key", name=op.f("api_request_user_id_key_key")),
    )
    op.create_index(op.f("api_request_asked_at_idx"), "api_request", ["asked_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("api_request")
