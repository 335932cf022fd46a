-- districts/importing/sql/share_population.sql
-- The share of a child's residents that live in each parent. Residents are taken as spread evenly within a base district,
-- so for a base district it is the share of area; a coarser child is the sum of the base districts in it.
-- Null where no figures are known.
WITH residents AS (
    SELECT DISTINCT ON (district_id) district_id, residents FROM districts_population ORDER BY district_id, year DESC, source
), base AS (
    SELECT m.child_id AS base_id, m.parent_id, m.share_of_area, r.residents
    FROM districts_membership m
    JOIN districts_district d ON d.id = m.child_id
    JOIN districts_boundaryedition e ON e.id = d.edition_id
    JOIN districts_layer l ON l.id = e.layer_id AND l.rank = 0
    JOIN residents r ON r.district_id = m.child_id
), coarse AS (
    SELECT m.id,
           sum(inner_base.residents * inner_base.share_of_area * coalesce(outer_base.share_of_area, 0))
               / nullif(sum(inner_base.residents * inner_base.share_of_area), 0) AS share
    FROM districts_membership m
    JOIN base inner_base ON inner_base.parent_id = m.child_id
    LEFT JOIN base outer_base ON outer_base.parent_id = m.parent_id AND outer_base.base_id = inner_base.base_id
    GROUP BY m.id
), fine AS (
    SELECT m.id, m.share_of_area AS share
    FROM districts_membership m JOIN residents r ON r.district_id = m.child_id
    WHERE EXISTS (SELECT FROM base WHERE base.base_id = m.child_id)
)
UPDATE districts_membership m SET share_of_population = least(1.0, s.share)
FROM (SELECT id, share FROM fine UNION ALL SELECT id, share FROM coarse) s
WHERE s.id = m.id AND m.share_of_population IS DISTINCT FROM least(1.0, s.share)
