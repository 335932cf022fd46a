-- listening/opendata/sql/choices.sql
-- What the need map of a release can be drawn for, as one JSON value; the first of each is the usual one.
-- :release   its code      Themes in their order, periods the newest first, layers with the default one first.
SELECT json_build_object(
    'theme', (SELECT coalesce(json_agg(n.theme ORDER BY t.position NULLS LAST, n.theme), '[]')
              FROM (SELECT DISTINCT theme FROM releases_releaseneed WHERE release_id = %(release)s) n
              LEFT JOIN releases_releasetheme t ON t.release_id = %(release)s AND t.code = n.theme),
    'period', (SELECT coalesce(json_agg(n.period ORDER BY length(n.period) DESC, n.period DESC), '[]')
               FROM (SELECT DISTINCT period FROM releases_releaseneed WHERE release_id = %(release)s) n),
    'layer', (SELECT coalesce(json_agg(n.layer ORDER BY l.is_default DESC NULLS LAST, l.rank, n.layer), '[]')
              FROM (SELECT DISTINCT layer FROM releases_releaseneed WHERE release_id = %(release)s) n
              LEFT JOIN districts_layer l ON l.code = n.layer)
)
