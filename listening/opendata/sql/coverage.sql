-- listening/opendata/sql/coverage.sql
-- How much listening stands behind a place, from published counts alone: all conversations, and the people in them.
-- Grain: release x period x layer x place. `period_end` is the last day.
SELECT n.id, n.release_id AS release, n.period, spans.period_start, spans.period_end, n.layer, n.place, p.name,
       n.value AS conversations, people.value AS persons, p.residents,
       round(1000.0 * n.value / nullif(p.residents, 0), 2)::float8 AS conversations_per_1000, p.geometry
FROM releases_releasecell n
JOIN releases_release r ON r.code = n.release_id AND r.status = 'published'
JOIN releases_releaseplace p ON p.release_id = n.release_id AND p.layer = n.layer AND p.code = n.place
LEFT JOIN releases_releasecell people
    ON people.release_id = n.release_id AND people.product = n.product AND people.period = n.period
   AND people.layer = n.layer AND people.place = n.place AND people.theme = '_persons'
   AND people.variable = '' AND people.band = ''
CROSS JOIN LATERAL (
    SELECT made.period_start,
           (made.period_start + CASE WHEN length(n.period) = 4 THEN interval '1 year' ELSE interval '3 months' END)::date - 1
               AS period_end
    FROM (SELECT make_date(left(n.period, 4)::int, 3 * coalesce(nullif(substr(n.period, 7, 1), ''), '1')::int - 2, 1)
              AS period_start) AS made
) AS spans
WHERE n.theme = '_n' AND n.variable = '' AND n.band = ''
