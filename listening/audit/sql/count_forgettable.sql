-- audit/sql/count_forgettable.sql
-- How many entries stand before the first that is not older than :before, as audit_forget finds them. One row: (number).
SELECT count(*) FROM audit_entry e
WHERE e.position < coalesce(
    (SELECT min(k.position) FROM audit_entry k WHERE k.at >= %(before)s), (SELECT max(k.position) FROM audit_entry k))
