-- records/sql/shown_saying.sql
-- Whether texts hold what is searched for, whatever its accents and case. One row for each text, in their order: (bool).
-- :shown   texts without what is masked in them      :searched   what is searched for
SELECT position(records_fold(%(searched)s) IN records_fold(one.shown)) > 0
FROM unnest(%(shown)s::text[]) WITH ORDINALITY AS one (shown, number)
ORDER BY one.number
