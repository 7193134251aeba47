DROP TRIGGER editions_are_kept;
DROP TRIGGER editions_stay;
DROP TABLE editions;
