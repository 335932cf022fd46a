DROP FUNCTION audit_chain(integer);
DROP TABLE audit_inbox, audit_entry;
DROP FUNCTION audit_link();
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_refuse_unchained();
