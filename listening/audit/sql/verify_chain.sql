-- audit/sql/verify_chain.sql
-- Walk the chain in order of position and compute each hash anew. One row: (entries, hash of the head,
-- position and id of the first entry that does not follow from the one before, or null; position of :noted, or null;
-- position of the anchor that the first entry follows from, 0 without one).
-- :noted   a hash in hexadecimal, or ''
-- The bytes are written out here a second time: a function in the database could have been replaced with the entries.
WITH anchor AS (
    SELECT coalesce((SELECT position FROM audit_anchor), 0) AS position,
           coalesce((SELECT hash FROM audit_anchor), pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')) AS hash
), linked AS (
    SELECT e.position, e.id, e.hash,
           e.position = a.position + row_number() OVER in_order
           AND e.hash = pg_catalog.sha256(
               lag(e.hash, 1, a.hash) OVER in_order
               || pg_catalog.convert_to(pg_catalog.concat_ws(
                   E'\n', 'audit 1', e.position, e.id,
                   pg_catalog.to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   e.written_by, coalesce(e.person_id::text, ''), e.credential, e.verb, e.model,
                   e.ids::text, e.number, coalesce(e.subject_id::text, ''), e.request_id, e.purpose
               ), 'UTF8')
           ) AS is_sound
    FROM audit_entry e CROSS JOIN anchor a
    WINDOW in_order AS (ORDER BY e.position)
), walked AS (
    SELECT count(*) AS entries, max(position) AS head, min(position) FILTER (WHERE is_sound IS NOT TRUE) AS broken
    FROM linked
)
SELECT w.entries, coalesce(encode(h.hash, 'hex'), ''), w.broken, b.id,
       (SELECT min(position) FROM (SELECT position, hash FROM audit_entry UNION ALL SELECT position, hash FROM audit_anchor) AS kept
        WHERE hash = decode(%(noted)s, 'hex')),
       a.position
FROM walked w
CROSS JOIN anchor a
LEFT JOIN audit_entry h ON h.position = w.head
LEFT JOIN audit_entry b ON b.position = w.broken
