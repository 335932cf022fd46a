-- publishing/sql/count_people.sql
-- People in the conversations of a period, per base district. Grain: one row per district that has any. Reads records: the
-- counts of people are in no cell.
-- :first, :until   days, half open     :most   people of one conversation that count at most
SELECT c.district_id, sum(least(c.people_count, %(most)s))::bigint
FROM records_conversation c
WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
  -- No time zone is more than a day away: this is what the index of times knows.
  AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
  AND c.may_be_counted AND NOT c.is_test AND c.district_id IS NOT NULL
GROUP BY c.district_id
