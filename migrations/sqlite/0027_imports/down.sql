ALTER TABLE pupils DROP COLUMN looked_after;
DROP TABLE school_calendars;
DROP TABLE imports;
