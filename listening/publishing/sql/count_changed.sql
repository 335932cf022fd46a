-- publishing/sql/count_changed.sql
-- How many conversations of a period can have changed since a moment: those that came or were changed, and tombstones of
-- what somebody deleted. A tombstone does not keep its day, so those of other periods count too: at most so many changed.
-- What residents withdrew, or whose time was over, is no correction. One row, one column.
-- :first, :until   days, half open     :since   instant
SELECT (
    SELECT count(*) FROM records_conversation
    WHERE occurred_on >= %(first)s AND occurred_on < %(until)s AND updated_at > %(since)s AND NOT is_test
) + (
    SELECT count(*) FROM records_tombstone WHERE deleted_at > %(since)s AND deleted_by_id IS NOT NULL
)
