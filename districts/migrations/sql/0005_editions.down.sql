DROP VIEW districts_placement_in;
DROP VIEW districts_editions_today;
DROP FUNCTION districts_heir_in(bigint, bigint[]);
DROP FUNCTION districts_locate_in(geometry, bigint);
