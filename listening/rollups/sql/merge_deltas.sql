-- rollups/sql/merge_deltas.sql
-- Move the log of changes into the cells, at all four grains. Run by one session at a time: the caller holds the advisory
-- lock. One statement: a crash loses or doubles nothing, and a reader sees the log or the cells, never both or neither.
-- :most   log rows to take in one go; keeps the transaction short
-- Rows are deleted as they were selected, never by "id below": ids are given out before commit, in another order.
-- Returns the number of log rows merged.
WITH taken AS (
    DELETE FROM rollups_delta
    WHERE id IN (SELECT id FROM rollups_delta LIMIT %(most)s)
    RETURNING role, theme_id, kind, day, district_id, conversations, mentions
), net AS (
    SELECT role, theme_id, kind, day, district_id, sum(conversations) AS conversations, sum(mentions) AS mentions
    FROM taken
    GROUP BY role, theme_id, kind, day, district_id
    HAVING sum(conversations) <> 0 OR sum(mentions) <> 0
), merged AS (
    INSERT INTO rollups_cell AS cell (role, grain, theme_id, kind, bucket, district_id, conversations, mentions)
    SELECT role, b.grain, theme_id, kind, b.bucket, district_id, sum(conversations), sum(mentions)
    FROM net
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
            mentions = cell.mentions + excluded.mentions
)
SELECT count(*) FROM taken
