"""Where postcodes are, and until when a slot is full: kept by the database from the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FULL_UNTIL = """
CREATE FUNCTION slot_full_until(slot slot) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    -- Full while one of the things its clinic holds has no lane left; until the first lane of
    -- that thing lapses, or, where none is only held, to the slot's own end.
    SELECT max(one.until) FROM (
        SELECT CASE WHEN count(*) >= resource.capacity THEN min(lane.until) END AS until
        FROM allocation AS held
        JOIN resource ON resource.id = held.resource_id
        JOIN LATERAL (
            SELECT visit.lane,
                   max(CASE visit.state WHEN 'held' THEN least(visit.expires_at, slot.ends_at)
                       ELSE slot.ends_at END) AS until
            FROM allocation AS visit
            WHERE visit.resource_id = held.resource_id
              AND visit.level = 'visit'
              AND visit.state IN ('held', 'confirmed')
              AND visit.lane <= resource.capacity
              AND visit.during && tstzrange(slot.starts_at, slot.ends_at, '[)')
            GROUP BY visit.lane
        ) AS lane ON true
        WHERE held.clinic_id = slot.clinic_id
          AND held.level = 'clinic'
          AND held.state IN ('held', 'confirmed')
        GROUP BY held.id, resource.capacity
    ) AS one
$$
"""
MARK = """
CREATE FUNCTION allocation_marks_slots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[];
BEGIN
    SELECT array_agg(id) INTO touched FROM (
        SELECT slot.id
        FROM changed
        JOIN allocation AS held ON held.resource_id = changed.resource_id
            AND held.level = 'clinic' AND held.state IN ('held', 'confirmed')
            AND held.during && changed.during
        JOIN slot ON slot.clinic_id = held.clinic_id
            AND slot.starts_at < upper(changed.during) AND slot.ends_at > lower(changed.during)
        WHERE changed.level = 'visit'
        UNION
        SELECT slot.id FROM changed JOIN slot USING (clinic_id) WHERE changed.level = 'clinic'
    ) AS one;
    IF touched IS NULL THEN
        RETURN NULL;
    END IF;
    -- Locked before it is reckoned: the next statement sees what others did to the same slots.
    PERFORM FROM slot WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
    UPDATE slot SET full_until = reckoned.until
    FROM (SELECT one.id, slot_full_until(one) AS until FROM slot AS one
          WHERE one.id = ANY (touched)) AS reckoned
    WHERE slot.id = reckoned.id AND slot.full_until IS DISTINCT FROM reckoned.until;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "postcode",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("imd_decile", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("imd_decile BETWEEN 1 AND 10", name=op.f("postcode_imd_decile_1_to_10")),
        sa.PrimaryKeyConstraint("code", name=op.f("postcode_pkey")),
    )
    op.add_column("resource", sa.Column("language", sa.Text(), nullable=False, server_default=""))
    op.alter_column("resource", "language", server_default=None)
    op.create_index("resource_kind_language_idx", "resource", ["kind", "language"])
    op.add_column("slot", sa.Column("full_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "slot_open_idx",
        "slot",
        ["clinic_id", "starts_at"],
        postgresql_where=sa.text("full_until IS NULL OR full_until < ends_at"),
    )
    op.create_index("clinic_location_id_starts_at_idx", "clinic", ["location_id", "starts_at"])
    op.execute(FULL_UNTIL)
    op.execute(MARK)
    for event, rows in (
        ("INSERT", "NEW TABLE AS changed"),
        ("UPDATE", "NEW TABLE AS changed"),
        ("DELETE", "OLD TABLE AS changed"),
    ):
        op.execute(
            f"CREATE TRIGGER allocation_{event.lower()}_marks_slots AFTER {event} ON allocation "
            f"REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION allocation_marks_slots()"
        )
    op.execute("UPDATE slot SET full_until = slot_full_until(slot)")


def downgrade() -> None:
    """Take back."""
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER allocation_{event}_marks_slots ON allocation")
    op.execute("DROP FUNCTION allocation_marks_slots()")
    op.execute("DROP FUNCTION slot_full_until(slot)")
    op.drop_index("clinic_location_id_starts_at_idx", table_name="clinic")
    op.drop_index("slot_open_idx", table_name="slot")
    op.drop_column("slot", "full_until")
    op.drop_index("resource_kind_language_idx", table_name="resource")
    op.drop_column("resource", "language")
    op.drop_table("postcode")
