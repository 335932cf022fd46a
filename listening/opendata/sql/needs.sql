-- listening/opendata/sql/needs.sql
-- The need maps of releases that hold. Grain: release x period x layer x place x theme. `period_end` is the last day.
SELECT n.id, n.release_id AS release, n.period, spans.period_start, spans.period_end, n.layer, n.place, p.name, n.theme,
       t.labels AS theme_labels, n.conversations, n.mentioning, n.share, n.share_low, n.share_high, n.share_eb, n.n_eff,
       n.reliability, n.class_index::int AS class_index, n.trend, n.trend_difference, p.residents, p.geometry
FROM releases_releaseneed n
JOIN releases_release r ON r.code = n.release_id AND r.status = 'published'
JOIN releases_releaseplace p ON p.release_id = n.release_id AND p.layer = n.layer AND p.code = n.place
LEFT JOIN releases_releasetheme t ON t.release_id = n.release_id AND t.code = n.theme
CROSS JOIN LATERAL (
    SELECT made.period_start,
           (made.period_start + CASE WHEN length(n.period) = 4 THEN interval '1 year' ELSE interval '3 months' END)::date - 1
               AS period_end
    FROM (SELECT make_date(left(n.period, 4)::int, 3 * coalesce(nullif(substr(n.period, 7, 1), ''), '1')::int - 2, 1)
              AS period_start) AS made
) AS spans
