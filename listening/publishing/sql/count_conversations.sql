-- publishing/sql/count_conversations.sql
-- Conversations held in a period, and the people in them. Grain: one row per base district x theme that has any; theme 0 holds
-- all conversations, theme -1 people. One statement, one snapshot: counts and people are of the same conversations, and what
-- the cells do not hold yet is added from the log.
-- :grain           quarter or year       :first, :until   its days, half open
-- :most            people of one conversation that count at most
WITH counted AS (
    SELECT cell.district_id, cell.theme_id, cell.conversations
    FROM rollups_cell cell
    WHERE cell.role = 'encounter' AND cell.grain = %(grain)s COLLATE "C" AND cell.kind = 'any' AND cell.bucket = %(first)s
    UNION ALL
    SELECT delta.district_id, delta.theme_id, delta.conversations
    FROM rollups_delta delta
    WHERE delta.role = 'encounter' AND delta.kind = 'any' AND delta.day >= %(first)s AND delta.day < %(until)s
    UNION ALL
    -- The counts of people are in no cell.
    SELECT coalesce(c.district_id, 0), -1, least(c.people_count, %(most)s)
    FROM records_conversation c
    WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
      -- No time zone is more than a day away: this is what the index of times knows.
      AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
      AND c.may_be_counted AND NOT c.is_test
)
SELECT counted.district_id, counted.theme_id, sum(counted.conversations)::bigint
FROM counted
GROUP BY counted.district_id, counted.theme_id
HAVING sum(counted.conversations) <> 0
