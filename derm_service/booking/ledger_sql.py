"""The statements of the ledger that are written by hand: one round trip each."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE

from derm_service.db import UtcDateTime

_IDS = sa.ARRAY(sa.Uuid)
LOCK = sa.text(
    "SELECT ledger_lock(:slots, :referrals, :appointments, :clinics, :holds, :also)"
).bindparams(
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
