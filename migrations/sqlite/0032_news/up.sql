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

CREATE TRIGGER people_moved_by_insert_of_users AFTER INSERT ON users
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_update_of_users AFTER UPDATE ON users
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_delete_of_users AFTER DELETE ON users
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_insert_of_memberships AFTER INSERT ON memberships
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_update_of_memberships AFTER UPDATE ON memberships
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_delete_of_memberships AFTER DELETE ON memberships
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_insert_of_agencies AFTER INSERT ON agencies
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_update_of_agencies AFTER UPDATE ON agencies
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_delete_of_agencies AFTER DELETE ON agencies
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_insert_of_clusters AFTER INSERT ON clusters
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_update_of_clusters AFTER UPDATE OF authority_id, jurisdiction ON clusters
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_delete_of_clusters AFTER DELETE ON clusters
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_insert_of_authorities AFTER INSERT ON authorities
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_update_of_authorities AFTER UPDATE ON authorities
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;

CREATE TRIGGER people_moved_by_delete_of_authorities AFTER DELETE ON authorities
BEGIN
    UPDATE people_stamp SET stamp = stamp + 1;
END;
