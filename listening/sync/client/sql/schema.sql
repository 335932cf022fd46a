-- sync/client/sql/schema.sql
-- What a phone keeps, in SQLite. All texts that people said are in `body` and `fields`: encrypt the file.

-- Changes made on this phone, in the order in which they were made. Grain: one row per op.
-- record   what it changes: the conversation, also for its findings; or the session
-- state    queued: not acknowledged, to be sent; acknowledged: the service has it; refused: the service will not take it;
--          aside: it spoils every envelope (C8). The last two are shown to the person, who decides
-- is_sent  it may have arrived: from then on its content must not change, or it would be another op
-- outcome  JSON of what the service said of it last; at: when, by the clock of the service (ISO 8601, UTC)
CREATE TABLE IF NOT EXISTS op (
    seq integer PRIMARY KEY AUTOINCREMENT,
    id text NOT NULL UNIQUE,
    record text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'acknowledged', 'refused', 'aside')),
    is_sent integer NOT NULL DEFAULT 0,
    outcome text,
    at text
);
CREATE INDEX IF NOT EXISTS op_state ON op (state, record, seq);
CREATE INDEX IF NOT EXISTS op_record ON op (record, seq);

-- What was pulled. Grain: one row per conversation; `fields` is its JSON, `buckets` the JSON list of where it lies.
CREATE TABLE IF NOT EXISTS row (
    id text PRIMARY KEY,
    version integer NOT NULL,
    buckets text NOT NULL,
    fields text NOT NULL
);

-- Where this phone stands. One row; `buckets` and `limits` are JSON.
CREATE TABLE IF NOT EXISTS standing (
    only integer PRIMARY KEY CHECK (only = 1),
    epoch text,
    cursor text,
    buckets text NOT NULL DEFAULT '[]',
    limits text NOT NULL DEFAULT '{}'
);
INSERT OR IGNORE INTO standing (only) VALUES (1);
