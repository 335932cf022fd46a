-- listening/opendata/sql/map_offers.sql
-- What maps there are in releases that hold, as one JSON value: per period the newest release that tells of it, its
-- layers (default first, then fine to coarse), and its themes in their order.
SELECT coalesce(json_agg(json_build_object(
    'period', made.period, 'release', made.code, 'licence', made.licence,
    'layers', (SELECT json_agg(json_build_object('code', n.layer, 'names', coalesce(l.names, '{}'))
                               ORDER BY l.is_default DESC NULLS LAST, l.rank, n.layer)
               FROM (SELECT DISTINCT layer FROM releases_releaseneed
                     WHERE release_id = made.code AND period = made.period) n
               LEFT JOIN districts_layer l ON l.code = n.layer),
    'themes', (SELECT json_agg(json_build_object('code', n.theme, 'labels', coalesce(t.labels, '{}'))
                               ORDER BY t.position NULLS LAST, n.theme)
               FROM (SELECT DISTINCT theme FROM releases_releaseneed
                     WHERE release_id = made.code AND period = made.period) n
               LEFT JOIN releases_releasetheme t ON t.release_id = made.code AND t.code = n.theme)
) ORDER BY length(made.period), made.period), '[]')
FROM (
    SELECT DISTINCT ON (n.period) n.period, r.code, r.licence
    FROM (SELECT DISTINCT release_id, period FROM releases_releaseneed) n
    JOIN releases_release r ON r.code = n.release_id AND r.status = 'published'
    ORDER BY n.period, r.quarter DESC, r.revision DESC
) AS made
