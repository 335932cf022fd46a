-- The constraint was just added, and its check waits for the end of the transaction.
SET CONSTRAINTS ALL IMMEDIATE;

-- Whoever names another place has taken the old name back. Boundaries that move a record do not: they put it where its name
-- leads today.
CREATE FUNCTION records_forget_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.place <> 'district' OR NEW.district_id IS DISTINCT FROM
       districts_heir_in(NEW.named_district_id, (SELECT editions FROM districts_editions_today)) THEN
        NEW.named_district_id := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER records_forget_name BEFORE UPDATE OF place, district_id ON records_conversation FOR EACH ROW
    WHEN (NEW.named_district_id IS NOT NULL
          AND (OLD.place, OLD.district_id) IS DISTINCT FROM (NEW.place, NEW.district_id))
    EXECUTE FUNCTION records_forget_name();
