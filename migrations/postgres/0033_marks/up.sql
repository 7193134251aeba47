-- Numbers that no change of a record took (access, posts, links) leave no link in the chain. A mark tells a
-- log at such a number from every other log that gave the same number, as after a restore from a backup.
CREATE TABLE log_marks (
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    number BIGINT NOT NULL,
    mark BYTEA NOT NULL CHECK (length(mark) = 16),
    PRIMARY KEY (cluster_id, number)
);

CREATE FUNCTION mark_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM log_proofs WHERE cluster_id = NEW.id AND number = NEW.next_number - 1
    ) THEN
        INSERT INTO log_marks (cluster_id, number, mark)
        VALUES (NEW.id, NEW.next_number - 1, uuid_send(gen_random_uuid()))
        ON CONFLICT (cluster_id, number) DO UPDATE SET mark = EXCLUDED.mark;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER numbers_are_marked AFTER UPDATE OF next_number ON clusters
    FOR EACH ROW WHEN (NEW.next_number > OLD.next_number) EXECUTE FUNCTION mark_number();
