-- needmaps/sql/list_months.sql
-- First days of the months in which conversations were held, newest first.
-- :districts   ids of the districts that count; null for all
SELECT month FROM (
    SELECT bucket AS month, district_id, conversations FROM rollups_cell
    WHERE role = 'encounter' AND grain = 'month' AND theme_id = 0 AND kind = 'any'
    UNION ALL
    SELECT date_trunc('month', day)::date, district_id, conversations FROM rollups_delta
    WHERE role = 'encounter' AND theme_id = 0 AND kind = 'any'
) AS held
WHERE %(districts)s::bigint[] IS NULL OR district_id = ANY (%(districts)s::bigint[])
GROUP BY month
HAVING sum(conversations) > 0
ORDER BY month DESC
