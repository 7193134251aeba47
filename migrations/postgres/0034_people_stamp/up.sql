-- A database that is put back to an older copy would count on to numbers that stood for other people: what a
-- running server keeps by the stamp must not be taken for theirs.
CREATE OR REPLACE FUNCTION people_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE people_stamp SET stamp = ('x' || left(md5(gen_random_uuid()::text), 16))::bit(64)::bigint;
    RETURN NULL;
END
$$;
