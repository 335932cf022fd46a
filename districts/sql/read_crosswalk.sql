-- districts/sql/read_crosswalk.sql
-- From the districts of one edition to those of another. Grain: source x target, and one row without a target for what of
-- a source lies in none. Shares are of the source, 0-1; those of area add up to 1 for each source.
-- :source, :target   ids of two editions of one layer
-- Residents are taken as spread evenly within each district of the target. Null where a target that holds a part of the
-- source has no figure of residents.
WITH figure AS (
    SELECT DISTINCT ON (district_id) district_id, residents FROM districts_population ORDER BY district_id, year DESC, source
), part AS (
    SELECT s.id AS source_id, s.code AS source_code, s.name AS source_name, t.id AS target_id, t.code AS target_code,
           t.name AS target_name, w.share_of_area, w.is_main,
           f.residents * least(1.0, w.share_of_area * s.area_km2 / nullif(t.area_km2, 0)) AS residents
    FROM districts_district s
    JOIN districts_crosswalk w ON w.source_id = s.id
    JOIN districts_district t ON t.id = w.target_id AND t.edition_id = %(target)s
    LEFT JOIN figure f ON f.district_id = t.id
    WHERE s.edition_id = %(source)s
), told AS (
    SELECT source_code, source_name, target_code, target_name, share_of_area,
           CASE WHEN count(*) OVER same = count(residents) OVER same
                THEN residents / nullif(sum(residents) OVER same, 0) END AS share_of_population,
           is_main
    FROM part
    WINDOW same AS (PARTITION BY source_id)
    UNION ALL
    SELECT s.code, s.name, NULL, NULL, 1 - coalesce(sum(p.share_of_area), 0), NULL, false
    FROM districts_district s LEFT JOIN part p ON p.source_id = s.id
    WHERE s.edition_id = %(source)s
    GROUP BY s.id
    HAVING 1 - coalesce(sum(p.share_of_area), 0) > 1e-9
)
SELECT source_code, source_name, target_code, target_name, share_of_area, share_of_population, is_main
FROM told
ORDER BY source_code, share_of_area DESC, target_code
