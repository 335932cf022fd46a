-- publishing/sql/list_places.sql
-- The districts of today with what they lie in. Grain: one row per district of the editions valid today, fine layers first,
-- codes as people count.
-- :year   of the residents: the newest figure up to it, else the oldest after it
-- `parents` holds, for each coarser layer, the code of the main parent. A layer without figures of its own has those of the
-- districts within.
WITH figure AS (
    SELECT DISTINCT ON (p.district_id) p.district_id, p.residents
    FROM districts_population p
    ORDER BY p.district_id, p.year > %(year)s, abs(p.year - %(year)s), p.source
), place AS (
    SELECT d.id, d.code, d.name, e.id AS edition_id, e.code AS edition, l.code AS layer, l.rank
    FROM districts_today t
    JOIN districts_district d ON d.id = t.id
    JOIN districts_boundaryedition e ON e.id = t.edition_id
    JOIN districts_layer l ON l.id = t.layer_id
), inside AS (
    SELECT m.child_id, m.parent_id, parent.layer, parent.code
    FROM districts_membership m JOIN place parent ON parent.id = m.parent_id
    WHERE m.is_main
)
SELECT place.layer, place.rank, place.edition_id, place.edition, place.id, place.code, place.name,
       coalesce(figure.residents, (
           SELECT sum(part.residents) FROM inside i
           JOIN place child ON child.id = i.child_id AND child.rank = 0
           JOIN figure part ON part.district_id = child.id
           WHERE i.parent_id = place.id
       ))::bigint,
       coalesce((SELECT jsonb_object_agg(i.layer, i.code) FROM inside i WHERE i.child_id = place.id), '{}')::text
FROM place
LEFT JOIN figure ON figure.district_id = place.id
ORDER BY place.rank, place.layer, place.code
