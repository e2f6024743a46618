"""addresses of calendar feeds, and how often a clinic changed."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("calendar_feed_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("calendar_feed_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("calendar_feed_token_sha256_key")),
    )
    op.create_index(
        "calendar_feed_one_per_person",
        "calendar_feed",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.add_column("clinic", sa.Column("changes", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("clinic", "changes", server_default=None)
    op.add_column("clinic", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE clinic SET changed_at = coalesce("
        "(SELECT max(at) FROM audit_entry"
        " WHERE subject_kind = 'clinic' AND subject_id = clinic.id::text), starts_at)"
    )
    op.alter_column("clinic", "changed_at", nullable=False)


def downgrade() -> None:
    """Take back."""
    op.drop_column("clinic", "changed_at")
    op.drop_column("clinic", "changes")
    op.drop_table("calendar_feed")
