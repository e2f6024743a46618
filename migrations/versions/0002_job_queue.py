"""Procrastinate's own tables, as its installed version ships them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # The driver's own execute: the schema has % signs and several statements.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())


def downgrade() -> None:
    """Take back: every procrastinate object, found by name."""
    op.execute(
        """
        DO $$ DECLARE item record; BEGIN
            FOR item IN SELECT oid::regprocedure AS name FROM pg_proc
                WHERE proname LIKE 'procrastinate%' AND pronamespace = 'public'::regnamespace
            LOOP EXECUTE 'DROP FUNCTION ' || item.name || ' CASCADE'; END LOOP;
            FOR item IN SELECT tablename AS name FROM pg_tables
                WHERE tablename LIKE 'procrastinate%' AND schemaname = 'public'
            LOOP EXECUTE 'DROP TABLE ' || quote_ident(item.name) || ' CASCADE'; END LOOP;
            FOR item IN SELECT oid::regtype AS name FROM pg_type
                WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')
                AND typnamespace = 'public'::regnamespace
            LOOP EXECUTE 'DROP TYPE ' || item.name || ' CASCADE'; END LOOP;
        END $$
        """
    )
