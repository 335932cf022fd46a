-- needmaps/sql/count_hearers.sql
-- In how many sessions, and by how many listeners, a theme was heard in a place. Grain: one row per pair asked for that has
-- any. Reads records, so ask it for a few pairs only. Without a session, what a listener hears on one day is one.
-- :edition            id of the edition     :epoch   number of the epoch in which it is counted; null: as of today
-- :places, :themes    pairs of a district of the edition and a theme, side by side
-- :kind               kind of finding, 'any' for all
-- :first, :until      days, half open
SELECT asked.place, asked.theme,
       count(DISTINCT coalesce(c.session_id::text, c.listener_id || ' ' || c.occurred_on)), count(DISTINCT c.listener_id)
FROM unnest(%(places)s::bigint[], %(themes)s::integer[]) AS asked (place, theme)
JOIN districts_placement_in placed ON placed.edition_id = %(edition)s AND placed.district_id = asked.place
JOIN records_conversation c
  ON placed.source_id = CASE WHEN %(epoch)s::text IS NULL THEN c.district_id
     ELSE (SELECT (t.elsewhere ->> %(epoch)s)::bigint FROM rollups_tally t WHERE t.conversation_id = c.id) END
 AND c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
 -- No time zone is more than a day away: this is what the index of districts and times knows.
 AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
WHERE c.may_be_counted AND NOT c.is_test
  AND EXISTS (
      SELECT FROM records_finding f
      JOIN records_findingtheme ft ON ft.finding_id = f.id
      JOIN codelists_theme theme ON theme.id = ft.theme_id
      WHERE f.conversation_id = c.id AND asked.theme IN (theme.id, theme.parent_id) AND %(kind)s IN ('any', f.kind)
  )
GROUP BY asked.place, asked.theme
