-- audit/sql/append_entry.sql
-- Append one entry to the inbox. Who writes, when and in which order is the database's to say.
-- Locks: none that another entry waits for. The chain is made later, by audit_chain.
INSERT INTO audit_inbox (person_id, credential, verb, model, ids, number, subject_id, request_id, purpose)
VALUES (%(person)s, %(credential)s, %(verb)s, %(model)s, %(ids)s, %(number)s, %(subject)s, %(request)s, %(purpose)s)
