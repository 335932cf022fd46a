-- publishing/sql/count_conversations.sql
-- Conversations held in a period, per base district and theme. Grain: one row per base district x theme that has any; theme
-- 0 holds all of them. Reads cells and the log that is not merged yet in one snapshot, so it is exact whenever it runs.
-- :grain            quarter or year; :first its first day, :until the day after its last
WITH counted AS (
    SELECT cell.district_id, cell.theme_id, cell.conversations
    FROM rollups_cell cell
    WHERE cell.role = 'encounter' AND cell.grain = %(grain)s COLLATE "C" AND cell.kind = 'any' AND cell.bucket = %(first)s
    UNION ALL
    SELECT delta.district_id, delta.theme_id, delta.conversations
    FROM rollups_delta delta
    WHERE delta.role = 'encounter' AND delta.kind = 'any' AND delta.day >= %(first)s AND delta.day < %(until)s
)
SELECT counted.district_id, counted.theme_id, sum(counted.conversations)::bigint
FROM counted
GROUP BY counted.district_id, counted.theme_id
HAVING sum(counted.conversations) <> 0
