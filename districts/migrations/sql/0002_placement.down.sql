DROP FUNCTION districts_locate(geometry);
DROP VIEW districts_placement;
DROP VIEW districts_today;
DROP FUNCTION districts_day();
