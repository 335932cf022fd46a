-- rollups/sql/merge_deltas.sql
-- Move the log of changes into the occasions and the cells, at all four grains. Run by one session at a time: the caller
-- holds the advisory lock. One statement: a crash loses or doubles nothing, and a reader sees the log or the cells, never
-- both or neither.
-- :most   log rows to take in one go; keeps the transaction short
-- Rows are deleted as they were selected, never by "id below": ids are given out before commit, in another order.
-- Returns the number of log rows merged.
WITH taken AS (
    DELETE FROM rollups_delta
    WHERE id IN (SELECT id FROM rollups_delta LIMIT %(most)s)
    RETURNING role, theme_id, kind, day, district_id, conversations, mentions, severe, cluster
), net AS (
    SELECT role, theme_id, kind, day, district_id, sum(conversations)::integer AS conversations,
           sum(mentions)::integer AS mentions, sum(severe)::integer AS severe
    FROM taken
    GROUP BY role, theme_id, kind, day, district_id
    HAVING sum(conversations) <> 0 OR sum(mentions) <> 0 OR sum(severe) <> 0
), own AS MATERIALIZED (
    SELECT role, cluster, day, district_id, theme_id, kind, sum(conversations)::integer AS change
    FROM taken
    WHERE cluster IS NOT NULL
    GROUP BY role, cluster, day, district_id, theme_id, kind
    HAVING sum(conversations) <> 0
), touched AS (
    SELECT DISTINCT role, cluster, day, district_id FROM own
), state AS MATERIALIZED (
    -- All cells of the touched occasions, before and after: where an occasion grows, each of its products changes.
    SELECT role, cluster, day, district_id, theme_id, kind,
           coalesce(known.conversations, 0) AS before, coalesce(known.conversations, 0) + coalesce(own.change, 0) AS after
    FROM (SELECT one.* FROM rollups_occasion one JOIN touched USING (role, cluster, day, district_id)) AS known
    FULL JOIN own USING (role, cluster, day, district_id, theme_id, kind)
), sums AS (
    SELECT role, theme_id, kind, day, district_id,
           sum((state.after > 0)::integer - (state.before > 0)::integer)::integer AS occasions,
           sum(state.after::bigint * state.after - state.before::bigint * state.before)::bigint AS squares,
           sum(state.after::bigint * coalesce(size.after, 0) - state.before::bigint * coalesce(size.before, 0))::bigint
               AS crossed
    FROM state
    LEFT JOIN (
        SELECT role, cluster, day, district_id, before, after FROM state WHERE theme_id = 0 AND kind = 'any'
    ) AS size USING (role, cluster, day, district_id)
    GROUP BY role, theme_id, kind, day, district_id
), shift AS MATERIALIZED (
    -- Once per cell of a day, before it is spread over four grains: half the rows.
    SELECT role, theme_id, kind, day, district_id, coalesce(conversations, 0) AS conversations,
           coalesce(mentions, 0) AS mentions, coalesce(severe, 0) AS severe, coalesce(occasions, 0) AS occasions,
           coalesce(squares, 0) AS squares, coalesce(crossed, 0) AS crossed
    FROM net
    FULL JOIN (SELECT * FROM sums WHERE (occasions, squares, crossed) <> (0, 0, 0)) AS moved
        USING (role, theme_id, kind, day, district_id)
), forgotten AS (
    DELETE FROM rollups_occasion one USING state
    WHERE state.before <> 0 AND state.after = 0
      AND (one.role, one.cluster, one.day, one.district_id, one.theme_id, one.kind)
        = (state.role, state.cluster, state.day, state.district_id, state.theme_id, state.kind)
), kept AS (
    INSERT INTO rollups_occasion AS one (role, cluster, day, district_id, theme_id, kind, conversations)
    SELECT role, cluster, day, district_id, theme_id, kind, after FROM state WHERE after NOT IN (before, 0)
    ORDER BY cluster, day, district_id, theme_id, kind, role
    ON CONFLICT (cluster, day, district_id, theme_id, kind, role) DO UPDATE SET conversations = excluded.conversations
), merged AS (
    INSERT INTO rollups_cell AS cell
        (role, grain, theme_id, kind, bucket, district_id, conversations, mentions, severe, occasions, squares, crossed)
    SELECT role, b.grain, theme_id, kind, b.bucket, district_id,
           sum(conversations), sum(mentions), sum(severe), sum(occasions), sum(squares), sum(crossed)
    FROM shift
    CROSS JOIN LATERAL (
        VALUES ('day', day),
               ('month', date_trunc('month', day)::date),
               ('quarter', date_trunc('quarter', day)::date),
               ('year', date_trunc('year', day)::date)
    ) AS b (grain, bucket)
    GROUP BY role, b.grain, theme_id, kind, b.bucket, district_id
    ORDER BY role, b.grain, theme_id, kind, b.bucket, district_id
    ON CONFLICT (role, grain, theme_id, kind, bucket, district_id) DO UPDATE
        SET conversations = cell.conversations + excluded.conversations,
            mentions = cell.mentions + excluded.mentions,
            severe = cell.severe + excluded.severe,
            occasions = cell.occasions + excluded.occasions,
            squares = cell.squares + excluded.squares,
            crossed = cell.crossed + excluded.crossed
)
SELECT count(*) FROM taken
