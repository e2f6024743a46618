-- The first open slots that fit, the best first. Every place that suits is asked for the first
-- open slots of its clinics in order of time (slot_open_idx holds the open slots alone, so a full
-- clinic costs one look); the few found are then weighed: in time first, then by days from now
-- and the distance in days. Full is what the ledger's trigger wrote; helpers are asked of the
-- ledger itself. Asked with the nearest `places` alone first, its last score is a `bound` for all:
-- the days beyond which a place, as far away as it is, can offer nothing better.
WITH place AS MATERIALIZED (
    SELECT location.id, location.features,
           12742.0 * asin(sqrt(
               power(sin(radians(postcode.latitude - :latitude) / 2), 2)
               + cos(radians(:latitude)) * cos(radians(postcode.latitude))
               * power(sin(radians(postcode.longitude - :longitude) / 2), 2))) AS km
    FROM location
    LEFT JOIN postcode ON postcode.code = location.postcode
    WHERE location.closed_at IS NULL
      AND (location.features @> :features OR EXISTS (  -- one of its clinics offers more
          SELECT FROM clinic
          WHERE clinic.location_id = location.id AND clinic.features @> :features))
      AND (CAST(:location_id AS uuid) IS NULL OR location.id = :location_id)
      AND NOT EXISTS (  -- a helper nobody is who could come here; a hoist may be the place's own
          SELECT FROM unnest(CAST(:helpers AS text[]), CAST(:languages AS text[]))
              AS wanted(kind, language)
          WHERE wanted.kind <> ALL (location.features) AND NOT EXISTS (
              SELECT FROM clinic
              WHERE clinic.location_id = location.id AND wanted.kind = ANY (clinic.features))
          AND NOT EXISTS (
              SELECT FROM resource
              WHERE resource.kind = wanted.kind AND resource.language = wanted.language
                AND (resource.location_id IS NULL OR resource.location_id = location.id)))
    ORDER BY km
    LIMIT CAST(:places AS int)
)
SELECT here.id, here.ends_at, place.km, here.starts_at >= :late_from AS late,
       extract(epoch FROM here.starts_at - CAST(:now AS timestamptz)) / 86400
           + coalesce(place.km, 0) / :km_a_day AS score
FROM (  -- what is too far away to be better is not asked at all
    SELECT * FROM place
    WHERE CAST(:bound AS float) IS NULL OR coalesce(km, 0) / :km_a_day < :bound
) AS place
CROSS JOIN LATERAL (
    SELECT first.id, first.starts_at, first.ends_at
    FROM (
        -- Compared as rows, which the index over both columns alone can do: by the one over
        -- the time PostgreSQL would walk through the clinics of every place, for each place.
        SELECT clinic.id, clinic.starts_at, clinic.features FROM clinic
        WHERE clinic.location_id = place.id
          AND clinic.state = 'open'
          AND coalesce(clinic.features, place.features) @> :features
          AND clinic.views @> :views
          AND (clinic.location_id, clinic.starts_at)
              > (place.id, CAST(:after AS timestamptz) - interval '1 day')
          AND (clinic.location_id, clinic.starts_at) < (place.id, least(
              CAST(:before AS timestamptz),
              CAST(:now AS timestamptz) + interval '1 day'
                  * (CAST(:bound AS float) - coalesce(place.km, 0) / :km_a_day)))
        ORDER BY clinic.starts_at
    ) AS clinic
    CROSS JOIN LATERAL (
        SELECT slot.id, slot.starts_at, coalesce(second.ends_at, slot.ends_at) AS ends_at
        FROM slot
        LEFT JOIN slot AS second
            ON :slots > 1
           AND second.clinic_id = slot.clinic_id
           AND second.starts_at = slot.ends_at
           AND NOT second.withdrawn
           AND (second.full_until IS NULL OR second.full_until < second.ends_at)
           AND (second.full_until IS NULL OR second.full_until <= :now)
        WHERE slot.clinic_id = clinic.id
          AND NOT slot.withdrawn
          AND (slot.full_until IS NULL OR slot.full_until < slot.ends_at)
          AND (slot.full_until IS NULL OR slot.full_until <= :now)
          AND slot.starts_at > :after
          AND slot.starts_at < :before
          AND (:slots = 1 OR second.id IS NOT NULL)
          AND NOT EXISTS (  -- the person is elsewhere
              SELECT FROM appointment
              WHERE appointment.patient_id = :patient_id
                AND appointment.state IN ('booked', 'checked_in', 'completed')
                AND appointment.during
                    && tstzrange(slot.starts_at, coalesce(second.ends_at, slot.ends_at)))
          AND NOT EXISTS (  -- kit the clinic does not hold
              SELECT FROM unnest(CAST(:kit AS text[])) AS wanted(kind)
              WHERE NOT EXISTS (
                  SELECT FROM allocation
                  JOIN resource ON resource.id = allocation.resource_id
                  WHERE allocation.clinic_id = slot.clinic_id
                    AND allocation.level = 'clinic'
                    AND allocation.state IN ('held', 'confirmed')
                    AND resource.kind = wanted.kind))
          AND NOT EXISTS (  -- a helper nobody is free to be
              SELECT FROM unnest(CAST(:helpers AS text[]), CAST(:languages AS text[]))
                  AS wanted(kind, language)
              WHERE wanted.kind <> ALL (coalesce(clinic.features, place.features))
              AND NOT EXISTS (
                  SELECT FROM resource
                  WHERE resource.kind = wanted.kind
                    AND resource.language = wanted.language
                    AND (resource.location_id IS NULL OR resource.location_id = place.id)
                    AND NOT EXISTS (  -- at another clinic
                        SELECT FROM allocation
                        WHERE allocation.resource_id = resource.id
                          AND allocation.level = 'clinic'
                          AND allocation.state = 'confirmed'
                          AND allocation.clinic_id <> slot.clinic_id
                          AND allocation.during && tstzrange(
                              slot.starts_at, coalesce(second.ends_at, slot.ends_at)))
                    AND resource.capacity > (
                        SELECT count(DISTINCT allocation.lane) FROM allocation
                        WHERE allocation.resource_id = resource.id
                          AND allocation.level = 'visit'
                          AND allocation.state IN ('held', 'confirmed')
                          AND (allocation.state = 'confirmed' OR allocation.expires_at > :now)
                          AND allocation.lane <= resource.capacity
                          AND allocation.during && tstzrange(
                              slot.starts_at, coalesce(second.ends_at, slot.ends_at)))))
        ORDER BY slot.starts_at
        LIMIT :per_clinic
    ) AS first
    ORDER BY clinic.starts_at
    LIMIT :limit
) AS here
ORDER BY late, score, here.starts_at, here.id
LIMIT :limit
