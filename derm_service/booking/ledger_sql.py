"""The statements of the ledger that are written by hand: one round trip each."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE

from derm_service.db import UtcDateTime

_IDS = sa.ARRAY(sa.Uuid)
# What follows the locks is the same few statements each time: planning TAKE afresh for every
# booking would take as long as running it, so the transaction plans nothing twice.
LOCK = sa.text("""
WITH booked AS (
    SELECT id, patient_id, referral_id FROM appointment WHERE id = ANY(:appointments)
), referred AS MATERIALIZED (
    SELECT id, patient_id FROM referral WHERE id = ANY(:referrals)
    UNION SELECT referral_id, patient_id FROM booked
), helped AS (
    SELECT FROM referred JOIN patient ON patient.id = referred.patient_id
    WHERE patient.interpreter_needed OR patient.mobility <> 'independent'
       OR EXISTS (SELECT FROM access_need WHERE patient_id = patient.id)
       OR EXISTS (SELECT FROM lesion WHERE referral_id = referred.id AND intimate)
), clinic_ids AS (
    SELECT unnest(:clinics) AS id UNION SELECT clinic_id FROM slot WHERE id = ANY(:slots)
), kept AS (
    SELECT unnest(:holds) AS id
    UNION SELECT hold.id FROM hold JOIN referred ON referred.id = hold.referral_id
), touched AS (
    SELECT unnest(:also) AS id
    UNION ALL SELECT id FROM clinic_ids
    UNION ALL SELECT patient_id FROM referred
    UNION ALL SELECT id FROM resource
        WHERE kind IN ('interpreter', 'chaperone', 'hoist') AND EXISTS (SELECT FROM helped)
    UNION ALL SELECT resource_id FROM clinic_ids JOIN allocation ON clinic_id = clinic_ids.id
        WHERE state <> 'released'
    UNION ALL SELECT resource_id FROM booked JOIN allocation ON appointment_id = booked.id
    UNION ALL SELECT resource_id FROM kept JOIN allocation ON hold_id = kept.id
)
SELECT pg_advisory_xact_lock(key), set_config('plan_cache_mode', 'force_generic_plan', true)
FROM (
    SELECT DISTINCT hashtextextended(id::text, 0) AS key FROM touched ORDER BY key
) AS sweep
""").bindparams(
    *(
        sa.bindparam(name, type_=_IDS)
        for name in ("slots", "referrals", "appointments", "clinics", "holds", "also")
    )
)
TAKE = sa.text("""
WITH wanted AS (
    SELECT mine.id, resource.id AS resource_id, resource.capacity, (
        SELECT min(lane) FROM generate_series(1, resource.capacity + :above) AS lane
        WHERE NOT EXISTS (
            SELECT FROM allocation AS other
            WHERE other.resource_id = resource.id AND other.level = :level
              AND other.lane = lane.lane AND other.during && :during
              AND other.state IN ('held', 'confirmed'))) AS lane
    FROM unnest(:ids, :resources) AS mine(id, resource_id)
    JOIN resource ON resource.id = mine.resource_id
)
INSERT INTO allocation (id, resource_id, level, lane, during, state, clinic_id,
                        appointment_id, hold_id, expires_at, reason)
SELECT id, resource_id, :level, lane, :during, :state, :clinic,
       :appointment, :hold, :expires_at, CASE WHEN lane > capacity THEN :reason ELSE '' END
FROM wanted WHERE NOT EXISTS (SELECT FROM wanted WHERE lane IS NULL)
""").bindparams(
    sa.bindparam("ids", type_=_IDS),
    sa.bindparam("resources", type_=_IDS),
    sa.bindparam("during", type_=TSTZRANGE),
    sa.bindparam("clinic", type_=sa.Uuid),
    sa.bindparam("appointment", type_=sa.Uuid),
    sa.bindparam("hold", type_=sa.Uuid),
    sa.bindparam("expires_at", type_=UtcDateTime),
)
MOVE_UP = sa.text("""
WITH back AS (
    SELECT above.id, (
        SELECT min(lane) FROM generate_series(1, resource.capacity) AS lane
        WHERE NOT EXISTS (
            SELECT FROM allocation AS other
            WHERE other.resource_id = above.resource_id AND other.level = above.level
              AND other.lane = lane.lane AND other.during && above.during
              AND other.state IN ('held', 'confirmed'))) AS lane
    FROM allocation AS gone
    JOIN resource ON resource.id = gone.resource_id
    JOIN allocation AS above ON above.resource_id = gone.resource_id
     AND above.level = gone.level AND above.during && gone.during
     AND above.lane > resource.capacity AND above.state = 'confirmed'
    WHERE gone.appointment_id = :appointment AND gone.state = 'released'
)
UPDATE allocation SET lane = back.lane, reason = '' FROM back
WHERE allocation.id = back.id AND back.lane IS NOT NULL
""").bindparams(sa.bindparam("appointment", type_=sa.Uuid))
