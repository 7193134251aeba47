CREATE OR REPLACE FUNCTION people_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
    RETURN NULL;
END
$$;
UPDATE people_stamp SET stamp = 1;
