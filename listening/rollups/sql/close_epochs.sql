-- rollups/sql/close_epochs.sql
-- Forget the epochs of days to come that are not wanted any more: their boundaries hold by now and all records have moved
-- into them, or others were drawn for the same day.
-- :draft   id of an edition that is about to come into force; null without one     :moved   whether all records have moved
-- Returns the ids.
DELETE FROM rollups_epoch e
WHERE e.since IS NOT NULL AND (
    (%(moved)s AND e.since <= districts_day())
    OR EXISTS (
        SELECT FROM districts_boundaryedition d
        WHERE d.id = %(draft)s AND d.valid_from = e.since AND NOT d.id = ANY (e.editions)
    )
    OR EXISTS (SELECT FROM unnest(e.editions) AS one (id) WHERE one.id NOT IN (SELECT id FROM districts_boundaryedition))
)
RETURNING id
