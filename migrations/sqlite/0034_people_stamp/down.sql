DROP TRIGGER people_stamp_is_given_once;
UPDATE people_stamp SET stamp = 1;
