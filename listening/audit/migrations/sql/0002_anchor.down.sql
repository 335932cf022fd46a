DROP FUNCTION audit_forget(timestamptz);
DROP TABLE audit_anchor;
