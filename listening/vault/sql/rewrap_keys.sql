-- vault/sql/rewrap_keys.sql
-- Put data keys that were wrapped anew in place. Locks: their rows, which the caller holds already.
-- :contacts   ids      :wrapped   data keys in the same order      :key_id   name of the key that wraps them now
UPDATE vault.data_key k SET key_id = %(key_id)s, wrapped = new.wrapped
FROM unnest(%(contacts)s::uuid[], %(wrapped)s::bytea[]) AS new (contact_id, wrapped)
WHERE k.contact_id = new.contact_id
