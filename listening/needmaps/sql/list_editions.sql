-- needmaps/sql/list_editions.sql
-- The editions of a layer that maps can be drawn in, newest first: the one that holds today, and those that no longer hold
-- and have an epoch in which all is counted. Rows: (code, epoch or null for today, editions that held beside it).
-- :layer   id of the layer
SELECT e.code, p.id, p.editions
FROM districts_boundaryedition e
LEFT JOIN rollups_epoch p ON p.is_ready AND p.until = e.valid_to AND e.id = ANY (p.editions)
WHERE e.layer_id = %(layer)s AND e.status = 'active' AND e.valid_from <= districts_day()
  AND (p.id IS NOT NULL OR e.valid_to IS NULL OR e.valid_to > districts_day())
ORDER BY e.valid_from DESC
