-- erasure/sql/ask_withdrawal.sql
-- Note a withdrawal, once. The same statement with the same effect for codes that somebody has and for those nobody has.
-- :digest   HMAC of the code      :asked_at   now
INSERT INTO consent_withdrawal (digest, asked_at) VALUES (%(digest)s, %(asked_at)s)
ON CONFLICT (digest) DO NOTHING
