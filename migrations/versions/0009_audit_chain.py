"""the audit trail is numbered, chained and anchored; two kinds of work for when it is not."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAME = "work_item_kind"
OLD = (
    "call_patient",
    "post_letter",
    "message_failed",
    "letter_returned",
    "retake_to_book",
    "needs_someone_today",
    "safety_alert",
    "tell_patient",
    "image_trouble",
    "rebook",
    "arrange_next_step",
)


def upgrade() -> None:
    """Apply."""
    op.add_column("audit_entry", sa.Column("number", sa.BigInteger(), nullable=True))
    op.add_column("audit_entry", sa.Column("hash", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("audit_entry_number_key"), "audit_entry", ["number"])
    op.create_check_constraint(
        op.f("audit_entry_numbered_with_its_hash"),
        "audit_entry",
        "(number IS NULL) = (hash IS NULL)",
    )
    op.create_index(
        "audit_entry_waiting_idx",
        "audit_entry",
        ["id"],
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("audit_anchor_pkey")),
    )
    op.execute("DROP TRIGGER audit_entry_only_grows ON audit_entry")
    op.execute(
        """
        CREATE TRIGGER audit_entry_only_grows BEFORE DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()
        """
    )
    op.execute(
        """
        CREATE FUNCTION audit_entry_is_only_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.number IS NULL AND NEW.number IS NOT NULL
                AND to_jsonb(NEW) - 'number' - 'hash' = to_jsonb(OLD) - 'number' - 'hash'
            THEN RETURN NEW;
            END IF;
            RAISE EXCEPTION 'audit rows are only ever added';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER audit_entry_is_only_numbered BEFORE UPDATE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_is_only_numbered()
        """
    )
    _allow(*OLD, "audit_broken", "job_failed")


def downgrade() -> None:
    """Take back."""
    _allow(*OLD)
    op.execute("DROP TRIGGER audit_entry_is_only_numbered ON audit_entry")
    op.execute("DROP FUNCTION audit_entry_is_only_numbered")
    op.execute("DROP TRIGGER audit_entry_only_grows ON audit_entry")
    op.execute(
        """
        CREATE TRIGGER audit_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()
        """
    )
    op.drop_table("audit_anchor")
    op.drop_index("audit_entry_waiting_idx", table_name="audit_entry")
    op.drop_constraint(op.f("audit_entry_numbered_with_its_hash"), "audit_entry")
    op.drop_constraint(op.f("audit_entry_number_key"), "audit_entry")
    op.drop_column("audit_entry", "hash")
    op.drop_column("audit_entry", "number")


def _allow(*kinds: str) -> None:
    op.drop_constraint(op.f(NAME), "work_item")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f(NAME), "work_item", f"kind IN ({listed})")
