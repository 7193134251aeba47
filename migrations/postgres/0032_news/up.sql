-- What is new for a phone is found by what its user may read, or by the log's end, whichever is less.
DROP INDEX records_of_scope;
CREATE INDEX records_of_scope ON records (scope_id, last_number);
-- What a case's rules hang on is few of its records.
DROP INDEX records_of_case;
CREATE INDEX records_of_case ON records (case_id, scope_id, first_number);
CREATE INDEX access_began ON access (user_id, cluster_id, since);
CREATE INDEX access_ended ON access (user_id, cluster_id, until) WHERE until IS NOT NULL;

-- Moves whenever anybody comes, goes, or is called something else: while it stands still, what phones are
-- told of people need not be read again.
CREATE TABLE people_stamp (
    only_one INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    stamp BIGINT NOT NULL
);
INSERT INTO people_stamp (only_one, stamp) VALUES (1, 1);

CREATE FUNCTION people_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER people_moved AFTER INSERT OR UPDATE OR DELETE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION people_moved();

CREATE TRIGGER people_moved AFTER INSERT OR UPDATE OR DELETE ON memberships
    FOR EACH STATEMENT EXECUTE FUNCTION people_moved();

CREATE TRIGGER people_moved AFTER INSERT OR UPDATE OR DELETE ON agencies
    FOR EACH STATEMENT EXECUTE FUNCTION people_moved();

CREATE TRIGGER people_moved AFTER INSERT OR UPDATE OF authority_id, jurisdiction OR DELETE ON clusters
    FOR EACH STATEMENT EXECUTE FUNCTION people_moved();

CREATE TRIGGER people_moved AFTER INSERT OR UPDATE OR DELETE ON authorities
    FOR EACH STATEMENT EXECUTE FUNCTION people_moved();
