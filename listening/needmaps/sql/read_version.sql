-- needmaps/sql/read_version.sql
-- What maps of some days are computed from, as four values that differ when it does. One row: the exclusive or of the marks
-- of changes, folded or not (see rollups_change), of all and of those alone that are of everything; how often something was
-- published or withdrawn; the city's day.
-- :first, :until   days, half open, of which all quarters count that they touch
-- :districts       ids of the districts to count; null for all, with what has none
-- :published       whether quarters count that were ever published: not for readers who get them as they were published
SELECT counts, everything,
       (SELECT count(*) + count(withdrawn_at) FROM releases_release),
       districts_day()
FROM (
    SELECT coalesce(bit_xor(mark), 0) AS counts,
           coalesce(bit_xor(mark) FILTER (WHERE quarter = '-infinity'), 0) AS everything
    FROM (
        SELECT quarter, district_id, mark FROM rollups_version UNION ALL
        SELECT quarter, district_id, mark FROM rollups_change
    ) AS marked
    WHERE quarter = '-infinity'
       OR quarter >= date_trunc('quarter', %(first)s::date) AND quarter < %(until)s::date
      AND (%(districts)s::bigint[] IS NULL OR district_id = ANY (%(districts)s::bigint[]))
      AND (%(published)s OR NOT EXISTS (
          SELECT FROM releases_release r WHERE r.quarter = to_char(marked.quarter, 'YYYY-"Q"Q')))
) AS marks
