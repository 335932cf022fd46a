-- Whoever is no longer active is signed out for good: their sessions do not come back to life with them. And an epoch
-- never goes back, whoever saves a person that was read a moment earlier.
CREATE FUNCTION fieldwork_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.session_epoch := greatest(NEW.session_epoch, OLD.session_epoch + (OLD.is_active AND NOT NEW.is_active)::int);
    RETURN NEW;
END
$$;
CREATE TRIGGER fieldwork_end_sessions BEFORE UPDATE OF is_active, session_epoch ON fieldwork_user
FOR EACH ROW EXECUTE FUNCTION fieldwork_end_sessions();
