"""The sweep of locks is a function: planned once for a connection, not for every booking."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

LOCK = """
CREATE FUNCTION ledger_lock(
    for_slots uuid[], for_referrals uuid[], for_appointments uuid[],
    for_clinics uuid[], for_holds uuid[], and_also uuid[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- What follows in this transaction is the same few statements each time: to plan them
    -- afresh for every booking would take longer than to run them.
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
    PERFORM pg_advisory_xact_lock(key) FROM (
        WITH booked AS (
            SELECT id, patient_id, referral_id FROM appointment WHERE id = ANY(for_appointments)
        ), referred AS MATERIALIZED (
            SELECT id, patient_id FROM referral WHERE id = ANY(for_referrals)
            UNION SELECT referral_id, patient_id FROM booked
        ), clinic_ids AS (
            SELECT unnest(for_clinics) AS id
            UNION SELECT clinic_id FROM slot WHERE id = ANY(for_slots)
        ), kept AS (
            SELECT unnest(for_holds) AS id
            UNION SELECT unnest(ARRAY(SELECT id FROM hold WHERE referral_id = referred.id))
                FROM referred
        ), touched AS (
            SELECT unnest(and_also) AS id
            UNION ALL SELECT id FROM clinic_ids
            UNION ALL SELECT patient_id FROM referred
            UNION ALL SELECT id FROM resource
                WHERE kind IN ('interpreter', 'chaperone', 'hoist')
                  AND (SELECT bool_or(
                      (SELECT interpreter_needed OR mobility <> 'independent'
                       FROM patient WHERE id = referred.patient_id)
                      OR (SELECT count(*) > 0 FROM access_need
                          WHERE patient_id = referred.patient_id)
                      OR (SELECT bool_or(intimate) FROM lesion WHERE referral_id = referred.id)
                  ) FROM referred)
            -- Looked up for each by its index, however small the tables were at planning.
            UNION ALL SELECT unnest(ARRAY(SELECT resource_id FROM allocation
                WHERE clinic_id = clinic_ids.id AND state <> 'released')) FROM clinic_ids
            UNION ALL SELECT unnest(ARRAY(SELECT resource_id FROM allocation
                WHERE appointment_id = booked.id)) FROM booked
            UNION ALL SELECT unnest(ARRAY(SELECT resource_id FROM allocation
                WHERE hold_id = kept.id)) FROM kept
        )
        SELECT DISTINCT hashtextextended(id::text, 0) AS key FROM touched ORDER BY key
    ) AS sweep;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute(LOCK)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP FUNCTION ledger_lock(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[])")
