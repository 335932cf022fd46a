-- records/sql/redistrict.sql
-- Assign records to the districts of the editions valid today. Points are located anew; a named district is followed by
-- its code into the present edition of its layer, else by the district that holds the old one's inner point.
-- Only rows that change are written; the triggers of the rollups move their counts. A conversation whose place changed
-- gets a new version, so that clients fetch it. Returns (conversations, findings) moved.
-- Locks: the rows it changes.
WITH outdated AS MATERIALIZED (
    SELECT old.id, (
        SELECT d.id
        FROM districts_district d JOIN districts_boundaryedition e ON e.id = d.edition_id
        WHERE e.layer_id = old_edition.layer_id AND e.status = 'active'
          AND e.valid_from <= districts_day() AND (e.valid_to IS NULL OR e.valid_to > districts_day())
          AND (d.code = old.code OR ST_Covers(d.geometry, old.point_on_surface))
        ORDER BY d.code = old.code DESC, d.code
        LIMIT 1
    ) AS heir
    FROM districts_district old JOIN districts_boundaryedition old_edition ON old_edition.id = old.edition_id
    WHERE old_edition.status <> 'active' OR old_edition.valid_from > districts_day() OR old_edition.valid_to <= districts_day()
), conversation_moves AS MATERIALIZED (
    SELECT c.id, CASE c.place WHEN 'point' THEN districts_locate(c.location) ELSE coalesce(o.heir, c.district_id) END AS district_id
    FROM records_conversation c LEFT JOIN outdated o ON o.id = c.district_id
    WHERE c.place = 'point' OR o.heir IS NOT NULL
), moved_conversation AS (
    UPDATE records_conversation c SET district_id = m.district_id, version = c.version + 1, updated_at = now()
    FROM conversation_moves m WHERE m.id = c.id AND c.district_id IS DISTINCT FROM m.district_id
    RETURNING c.id
), finding_moves AS MATERIALIZED (
    SELECT f.id, CASE f.place WHEN 'point' THEN districts_locate(f.location) ELSE coalesce(o.heir, f.district_id) END AS district_id
    FROM records_finding f LEFT JOIN outdated o ON o.id = f.district_id
    WHERE f.place = 'point' OR o.heir IS NOT NULL
), moved_finding AS (
    UPDATE records_finding f SET district_id = m.district_id
    FROM finding_moves m WHERE m.id = f.id AND f.district_id IS DISTINCT FROM m.district_id
    RETURNING f.id
)
SELECT (SELECT count(*) FROM moved_conversation), (SELECT count(*) FROM moved_finding)
