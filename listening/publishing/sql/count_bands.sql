-- publishing/sql/count_bands.sql
-- People met in a period by band of one variable; bands are never crossed. Grain: one row per base district (0: none) x
-- variable x band that has any; variable '' holds all people. One statement, one snapshot.
-- :first, :until                  days, half open
-- :most                           people of one conversation that count at most; its bands shrink with it, all in all to
--                                 no more than that: their running total is rounded down
-- :variables, :noted, :bands      which band of the listeners counts as which band of the table
-- :other                          band of the languages that are not named; null: languages are not counted
WITH met AS (
    SELECT c.id, coalesce(c.district_id, 0) AS district, c.people_count, least(c.people_count, %(most)s) AS heads, c.language
    FROM records_conversation c
    WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
      -- No time zone is more than a day away: this is what the index of times knows.
      AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
      AND c.may_be_counted AND NOT c.is_test
), wanted AS (
    SELECT * FROM unnest(%(variables)s::text[], %(noted)s::text[], %(bands)s::text[]) AS w (variable, noted, band)
), held AS (
    SELECT met.id, met.district, met.heads, met.people_count, wanted.variable, wanted.band, sum(b.people)::bigint AS people
    FROM met
    JOIN records_participantband b ON b.conversation_id = met.id
    JOIN wanted ON wanted.variable = b.variable AND wanted.noted = b.band
    GROUP BY met.id, met.district, met.heads, met.people_count, wanted.variable, wanted.band
), running AS (
    SELECT held.*, least(sum(people) OVER up_to, people_count)::bigint AS after,
           least(sum(people) OVER up_to - people, people_count)::bigint AS before
    FROM held
    WINDOW up_to AS (PARTITION BY id, variable ORDER BY band COLLATE "C")
), counted AS (
    SELECT district, variable, band, after * heads / people_count - before * heads / people_count AS people FROM running
    UNION ALL
    SELECT met.district, 'language', coalesce(wanted.band, %(other)s), met.heads
    FROM met
    LEFT JOIN wanted ON wanted.variable = 'language' AND wanted.noted = split_part(lower(met.language), '-', 1)
    WHERE met.language <> '' AND %(other)s::text IS NOT NULL
    UNION ALL
    SELECT met.district, '', '', met.heads FROM met
)
SELECT district, variable, band, sum(people)::bigint
FROM counted
GROUP BY district, variable, band
HAVING sum(people) > 0
