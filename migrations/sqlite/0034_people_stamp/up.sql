-- A database that is put back to an older copy would count on to numbers that stood for other people: what a
-- running server keeps by the stamp must not be taken for theirs.
CREATE TRIGGER people_stamp_is_given_once AFTER UPDATE ON people_stamp
BEGIN
    UPDATE people_stamp SET stamp = random();
END;
