-- sync/sql/insert_ops.sql
-- Rows of the ledger, of one person and phone. Grain: one row per op.
-- :person, :device     ids; device null for whoever comes without a phone
-- :received_at         when the push came
-- :ops, :fingerprints, :outcomes   side by side; outcomes as JSON
INSERT INTO sync_op (id, person_id, device_id, received_at, fingerprint, outcome)
SELECT told.id, %(person)s, %(device)s, %(received_at)s, told.fingerprint, told.outcome
FROM unnest(%(ops)s::uuid[], %(fingerprints)s::bytea[], %(outcomes)s::jsonb[]) AS told (id, fingerprint, outcome)
