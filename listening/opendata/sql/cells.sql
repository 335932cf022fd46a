-- listening/opendata/sql/cells.sql
-- The published counts of releases that hold, as they left disclosure control.
-- Grain: release x product x period x layer x place x theme x band. `period_end` is the last day.
SELECT c.id, c.release_id AS release, c.product, c.period, spans.period_start, spans.period_end, c.layer, c.place, c.theme,
       nullif(c.variable, '') AS variable, nullif(c.band, '') AS band, c.value
FROM releases_releasecell c
JOIN releases_release r ON r.code = c.release_id AND r.status = 'published'
CROSS JOIN LATERAL (
    SELECT made.period_start,
           (made.period_start + CASE WHEN length(c.period) = 4 THEN interval '1 year' ELSE interval '3 months' END)::date - 1
               AS period_end
    FROM (SELECT make_date(left(c.period, 4)::int, 3 * coalesce(nullif(substr(c.period, 7, 1), ''), '1')::int - 2, 1)
              AS period_start) AS made
) AS spans
