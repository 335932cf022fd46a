-- attachments/sql/keep_file.sql
-- Have a row for content, and hold its lock. Rows: one (is_new), whether this statement made it.
-- :sha256, :size  of the bytes  :media_type  by which they are served  :now  clock of the server
-- A row that is there is written as it was: that takes its lock, as DO NOTHING would not. A row that was just inserted has
-- no xmax (PostgreSQL, "System Columns"), one that was locked for the update has.
INSERT INTO attachments_storedfile AS held (sha256, size, media_type, stored_at)
VALUES (%(sha256)s, %(size)s, %(media_type)s, %(now)s)
ON CONFLICT (sha256) DO UPDATE SET stored_at = held.stored_at
RETURNING held.xmax = 0
