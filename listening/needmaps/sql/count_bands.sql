-- needmaps/sql/count_bands.sql
-- People met, by district of one layer and band of one variable; bands are never crossed. Reads records.
-- Rows: (district, variable, band, people, squares, products, occasions, conversations).
--   with a band: people c of the band; sum over occasions of c^2 and of c n
--   without:     people n of any band of the variable; sum of n^2, again, and the occasions with one of them
--   without a variable: all people met, and the conversations
-- A district null is what has no place in the layer.
-- :layer                          id
-- :first, :until                  days, half open
-- :most                           people of one conversation that count at most; its bands shrink with it
-- :districts                      ids of the districts to count; null for all, with what has none
-- :variables, :noted, :bands      which band of the listeners counts as which band of the margin
-- :other                          band of the languages that are not named; null: they are not recorded
WITH met AS (
    SELECT c.id, placed.district_id, c.people_count, least(c.people_count, %(most)s) AS heads, c.language,
           coalesce(c.session_id::text, c.listener_id || ' ' || c.occurred_on) AS occasion
    FROM records_conversation c
    LEFT JOIN districts_placement placed ON placed.layer_id = %(layer)s AND placed.source_id = c.district_id
    WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s
      -- No time zone is more than a day away: this is what the index of times knows.
      AND c.occurred_at >= %(first)s::date - 1 AND c.occurred_at < %(until)s::date + 1
      AND c.may_be_counted AND NOT c.is_test
      AND (%(districts)s::bigint[] IS NULL OR c.district_id = ANY (%(districts)s::bigint[]))
), wanted AS (
    SELECT * FROM unnest(%(variables)s::text[], %(noted)s::text[], %(bands)s::text[]) AS w (variable, noted, band)
), told AS (
    SELECT met.district_id, met.occasion, wanted.variable, wanted.band,
           round(b.people * met.heads::numeric / met.people_count)::bigint AS people
    FROM met
    JOIN records_participantband b ON b.conversation_id = met.id
    JOIN wanted ON wanted.variable = b.variable AND wanted.noted = b.band
    UNION ALL
    SELECT met.district_id, met.occasion, 'language', coalesce(wanted.band, %(other)s), met.heads
    FROM met
    LEFT JOIN wanted ON wanted.variable = 'language' AND wanted.noted = split_part(lower(met.language), '-', 1)
    WHERE met.language <> ''
), one AS (
    SELECT district_id, occasion, variable, band, sum(people) AS c,
           sum(sum(people)) OVER (PARTITION BY district_id, occasion, variable) AS n
    FROM told WHERE band IS NOT NULL AND people > 0 GROUP BY district_id, occasion, variable, band
), whole AS (
    SELECT DISTINCT district_id, occasion, variable, n FROM one
)
SELECT district_id, variable, band, sum(c)::bigint, sum(c * c)::bigint, sum(c * n)::bigint, 0, 0
FROM one GROUP BY district_id, variable, band
UNION ALL
SELECT district_id, variable, NULL, sum(n)::bigint, sum(n * n)::bigint, sum(n * n)::bigint, count(*), 0
FROM whole GROUP BY district_id, variable
UNION ALL
SELECT district_id, NULL, NULL, sum(heads)::bigint, 0, 0, count(DISTINCT occasion), count(*)
FROM met GROUP BY district_id
