DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['theme', 'place', 'cell', 'need', 'file'] LOOP
        EXECUTE format('DROP TRIGGER releases_refuse_sealed ON releases_release%s', part);
        EXECUTE format('DROP TRIGGER releases_refuse ON releases_release%s', part);
    END LOOP;
END $$;
DROP TRIGGER releases_refuse ON releases_release;
DROP TRIGGER releases_withdraw_only ON releases_release;
DROP FUNCTION releases_withdraw_only();
DROP FUNCTION releases_refuse();
DROP FUNCTION releases_refuse_sealed();
