DROP TRIGGER numbers_are_marked;
DROP TABLE log_marks;
