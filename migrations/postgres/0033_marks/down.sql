DROP TRIGGER numbers_are_marked ON clusters;
DROP FUNCTION mark_number();
DROP TABLE log_marks;
