DROP TRIGGER releases_refuse ON releases_releaseband;
DROP TRIGGER releases_refuse_sealed ON releases_releaseband;
