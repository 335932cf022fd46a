-- capture/sql/insert_conversations.sql
-- Insert a batch of submissions with their bands, findings and themes, in one statement; returns the ids that were new.
-- :batch  JSON array, one object per submission, as `capture.accept` writes it (coordinates in EPSG:4326 degrees)
-- :ids    their ids; whoever deletes one of them is waited for first, so that the insert sees the tombstone
-- A conversation whose id is known, or was deleted, or whose card was used to withdraw it before it came, is left alone
-- with all that hangs on it.
-- The insert is one statement: the triggers of the rollups see the whole batch at once. Rows go in id order, so that two batches with
-- ids in common wait for each other instead of deadlocking.
SELECT FROM records_conversation WHERE id = ANY (%(ids)s) ORDER BY id FOR KEY SHARE;
WITH submitted AS MATERIALIZED (
    SELECT s.*,
           CASE WHEN s.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326) END AS location
    FROM jsonb_to_recordset(%(batch)s::jsonb) AS s (
        id uuid, listener_id bigint, session_id uuid, venue_id bigint, occurred_at timestamptz, occurred_on date,
        received_at timestamptz, channel text, language text, people_count integer, summary text, place text,
        lon float8, lat float8, accuracy_m float8, district_id bigint, is_test boolean, may_be_counted boolean,
        fingerprint text, bands jsonb, findings jsonb, consents jsonb, receipt text
    )
    WHERE NOT EXISTS (SELECT FROM records_tombstone t WHERE t.id = s.id)
      AND NOT EXISTS (SELECT FROM consent_withdrawal w WHERE w.digest = decode(s.receipt, 'hex'))
), conversation AS (
    INSERT INTO records_conversation (
        id, version, listener_id, session_id, venue_id, occurred_at, occurred_on, received_at, updated_at, channel,
        language, people_count, summary, place, location, accuracy_m, district_id, is_test, may_be_counted,
        submission_fingerprint
    )
    SELECT id, 1, listener_id, session_id, venue_id, occurred_at, occurred_on, received_at, received_at, channel,
           language, people_count, summary, place, location, accuracy_m,
           CASE place WHEN 'point' THEN districts_locate(location) WHEN 'district' THEN district_id END,
           is_test, may_be_counted, decode(fingerprint, 'hex')
    FROM submitted
    ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), band AS (
    INSERT INTO records_participantband (conversation_id, variable, band, people)
    SELECT s.id, b.variable, b.band, b.people
    FROM submitted s JOIN conversation USING (id)
    CROSS JOIN LATERAL jsonb_to_recordset(s.bands) AS b (variable text, band text, people integer)
), consent AS (
    INSERT INTO records_consent (conversation_id, purpose, mode, notice_version)
    SELECT s.id, a.purpose, a.mode, a.notice_version
    FROM submitted s JOIN conversation USING (id)
    CROSS JOIN LATERAL jsonb_to_recordset(s.consents) AS a (purpose text, mode text, notice_version text)
), receipt AS (
    INSERT INTO consent_receipt (digest, conversation_id)
    SELECT decode(s.receipt, 'hex'), s.id
    FROM submitted s JOIN conversation USING (id)
    WHERE s.receipt IS NOT NULL
), heard AS MATERIALIZED (
    SELECT s.id AS conversation_id, f.*,
           CASE WHEN f.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(f.lon, f.lat), 4326) END AS location
    FROM submitted s JOIN conversation USING (id)
    CROSS JOIN LATERAL ROWS FROM (
        jsonb_to_recordset(s.findings) AS (
            id uuid, kind text, text text, severity integer, shared_by integer, place text, lon float8, lat float8,
            accuracy_m float8, district_id bigint, themes jsonb
        )
    ) WITH ORDINALITY AS f (
        id, kind, text, severity, shared_by, place, lon, lat, accuracy_m, district_id, themes, position
    )
), finding AS (
    INSERT INTO records_finding (
        id, conversation_id, position, kind, text, severity, shared_by, place, location, accuracy_m, district_id
    )
    SELECT id, conversation_id, position - 1, kind, text, severity, shared_by, place, location, accuracy_m,
           CASE place WHEN 'point' THEN districts_locate(location) WHEN 'district' THEN district_id END
    FROM heard
), theme AS (
    INSERT INTO records_findingtheme (finding_id, theme_id)
    SELECT DISTINCT h.id, t.theme_id::integer
    FROM heard h CROSS JOIN LATERAL jsonb_array_elements_text(h.themes) AS t (theme_id)
)
SELECT id FROM conversation
