-- needmaps/sql/list_conversations_by_band.sql
-- The conversations of the city or of one district, each with the people of its bands and the themes that it mentions.
-- Grain: one row per conversation, without its id: (numbers of bands, people of each, numbers of themes), from 0.
-- :district                    id of a district of :layer; null for all that lies in :districts or nowhere
-- :layer                       id
-- :first, :until               days, half open
-- :most                        people of one conversation that count at most; its bands shrink with it
-- :districts                   ids of the districts to count; null for all, with what has none
-- :variables, :noted, :numbers which band of the listeners counts as which band of the margins
-- :themes                      ids; a theme includes those below it
WITH met AS (
    SELECT c.id, c.people_count, least(c.people_count, %(most)s) AS heads
    FROM records_conversation c
    LEFT JOIN districts_placement placed ON placed.layer_id = %(layer)s AND placed.source_id = c.district_id
    WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
      -- No time zone is more than a day away: this is what the index of times knows.
      AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
      AND c.may_be_counted AND NOT c.is_test
      AND (%(districts)s::bigint[] IS NULL OR c.district_id = ANY (%(districts)s::bigint[]))
      AND (%(district)s::bigint IS NULL OR placed.district_id = %(district)s::bigint)
), wanted AS (
    SELECT * FROM unnest(%(variables)s::text[], %(noted)s::text[], %(numbers)s::integer[]) AS w (variable, noted, number)
), asked AS (
    SELECT theme, number::integer - 1 AS number FROM unnest(%(themes)s::bigint[]) WITH ORDINALITY AS a (theme, number)
)
-- One conversation after the other, by index: joins over all of them at once fall to a planner that guesses too few.
SELECT coalesce(banded.bands, '{}'), coalesce(banded.people, '{}'), ARRAY(
    SELECT DISTINCT asked.number
    FROM records_finding f
    JOIN records_findingtheme given ON given.finding_id = f.id
    JOIN codelists_theme t ON t.id = given.theme_id
    JOIN asked ON asked.theme IN (t.id, t.parent_id)
    WHERE f.conversation_id = met.id
)
FROM met
LEFT JOIN LATERAL (
    SELECT array_agg(wanted.number) AS bands,
           array_agg(round(b.people * met.heads::numeric / met.people_count)::integer) AS people
    FROM records_participantband b
    JOIN wanted ON wanted.variable = b.variable AND wanted.noted = b.band
    WHERE b.conversation_id = met.id
) banded ON true
ORDER BY met.id
