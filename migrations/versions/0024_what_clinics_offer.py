"""the photographs a clinic takes, its own access, slots of another length."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    texts = sa.ARRAY(sa.Text())
    views = sa.Column(
        "views", texts, nullable=False, server_default="{overview,close_up,dermoscopic}"
    )
    op.add_column("clinic", views)
    op.alter_column("clinic", "views", server_default=None)
    op.add_column("clinic", sa.Column("features", texts, nullable=True))
    op.create_check_constraint(
        op.f("clinic_photographs_something"), "clinic", "cardinality(views) > 0"
    )
    op.create_index(
        "clinic_own_features_idx",
        "clinic",
        ["location_id"],
        postgresql_where=sa.text("features IS NOT NULL"),
    )
    op.drop_constraint(op.f("slot_clinic_id_starts_at_key"), "slot")
    op.create_unique_constraint(
        op.f("slot_clinic_id_starts_at_ends_at_key"), "slot", ["clinic_id", "starts_at", "ends_at"]
    )


def downgrade() -> None:
    """Take back."""
    op.drop_constraint(op.f("slot_clinic_id_starts_at_ends_at_key"), "slot")
    op.create_unique_constraint(
        op.f("slot_clinic_id_starts_at_key"), "slot", ["clinic_id", "starts_at"]
    )
    op.drop_index("clinic_own_features_idx", table_name="clinic")
    op.drop_constraint(op.f("clinic_photographs_something"), "clinic")
    op.drop_column("clinic", "features")
    op.drop_column("clinic", "views")
