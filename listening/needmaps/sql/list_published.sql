-- needmaps/sql/list_published.sql
-- The quarters that were ever published, and what the release of each has of a layer. Grain: one row per quarter, of its
-- newest revision: (quarter, code; '' when it was withdrawn, its reason, edition of the layer, periods with figures in it).
-- :layer   code of the layer; '' for places that are in no release
SELECT DISTINCT ON (r.quarter) r.quarter, CASE WHEN r.status = 'published' THEN r.code ELSE '' END, r.withdrawal_reason,
       coalesce(r.boundary_editions ->> %(layer)s, ''),
       -- A fourth quarter may hold its year.
       ARRAY(
           SELECT told.period FROM (VALUES (r.quarter), (left(r.quarter, 4))) AS told (period)
           WHERE EXISTS (
               SELECT FROM releases_releasecell cell
               WHERE cell.release_id = r.code AND cell.product IN ('P1', 'P2') AND cell.period = told.period
                 AND cell.layer = %(layer)s AND cell.theme = '_n' AND cell.variable = ''
           )
       )
FROM releases_release r
ORDER BY r.quarter DESC, r.revision DESC
