-- rollups/sql/open_epochs.sql
-- Write down the epochs in which conversations are to be counted, beside today: for each day on which boundaries ended, those
-- that held until then; for each day on which others will follow, those that will hold.
-- :draft   id of an edition that is about to come into force; null without one
-- What is written down of a day to come, and no longer holds true, is replaced. Returns the ids of new epochs.
WITH known AS (
    SELECT e.id, e.layer_id, e.valid_from, e.valid_to, l.rank, e.id = %(draft)s AS is_draft
    FROM districts_boundaryedition e JOIN districts_layer l ON l.id = e.layer_id
    WHERE e.status = 'active' OR e.id = %(draft)s
), following AS (
    -- Editions that take over from another one of their layer, now or later.
    SELECT n.* FROM known n
    WHERE (n.is_draft OR n.valid_from > districts_day())
      AND EXISTS (SELECT FROM known p WHERE p.layer_id = n.layer_id AND p.valid_from < n.valid_from
                                        AND (p.valid_to IS NULL OR p.valid_to >= n.valid_from))
), asked AS (
    SELECT NULL::date AS since, valid_to AS until, valid_to - 1 AS day FROM known WHERE valid_to IS NOT NULL
    UNION
    SELECT NULL, valid_from, valid_from - 1 FROM following
    UNION
    SELECT valid_from, NULL, valid_from FROM following
), wanted AS (
    SELECT asked.since, asked.until, array_agg(holding.id ORDER BY holding.id) AS editions,
           max(holding.id) FILTER (WHERE holding.rank = 0) AS base_edition
    FROM asked CROSS JOIN LATERAL (
        SELECT DISTINCT ON (layer_id) id, rank FROM known
        WHERE valid_from <= asked.day AND (valid_to IS NULL OR valid_to > asked.day)
        ORDER BY layer_id, valid_from DESC
    ) AS holding
    GROUP BY asked.since, asked.until
)
INSERT INTO rollups_epoch AS known_epoch (since, until, editions, base_edition)
SELECT since, until, editions, base_edition FROM wanted
WHERE NOT EXISTS (SELECT FROM rollups_epoch e WHERE e.since = wanted.since OR e.until = wanted.until)
ORDER BY until, since
RETURNING id
