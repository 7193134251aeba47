-- That nothing of a case may be erased, whatever its time: set with a reason, lifted with one, kept for
-- good. One at a time holds for a case.
CREATE TABLE legal_holds (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    case_id BYTEA NOT NULL REFERENCES cases (id),
    set_by BYTEA NOT NULL REFERENCES users (id),
    set_reason TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    lifted_by BYTEA REFERENCES users (id),
    lifted_reason TEXT,
    lifted_at BIGINT
);

CREATE UNIQUE INDEX legal_holds_one_a_case ON legal_holds (case_id) WHERE lifted_at IS NULL;
CREATE INDEX legal_holds_of_case ON legal_holds (case_id, set_at);
CREATE INDEX legal_holds_of_cluster ON legal_holds (cluster_id, set_at);

CREATE FUNCTION legal_holds_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.lifted_at IS NULL
        AND NEW.set_reason = OLD.set_reason AND NEW.set_at = OLD.set_at
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a legal hold is lifted once and never changed or deleted';
END
$$;

CREATE TRIGGER legal_holds_stay BEFORE UPDATE OR DELETE ON legal_holds
    FOR EACH ROW EXECUTE FUNCTION legal_holds_stay();
