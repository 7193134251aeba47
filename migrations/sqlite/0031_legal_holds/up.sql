-- That nothing of a case may be erased, whatever its time: set with a reason, lifted with one, kept for
-- good. One at a time holds for a case.
CREATE TABLE legal_holds (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    set_by BLOB NOT NULL REFERENCES users (id),
    set_reason TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    lifted_by BLOB REFERENCES users (id),
    lifted_reason TEXT,
    lifted_at BIGINT
);

CREATE UNIQUE INDEX legal_holds_one_a_case ON legal_holds (case_id) WHERE lifted_at IS NULL;
CREATE INDEX legal_holds_of_case ON legal_holds (case_id, set_at);
CREATE INDEX legal_holds_of_cluster ON legal_holds (cluster_id, set_at);

CREATE TRIGGER legal_holds_stay BEFORE UPDATE ON legal_holds
WHEN OLD.lifted_at IS NOT NULL OR NEW.set_reason <> OLD.set_reason OR NEW.set_at <> OLD.set_at
BEGIN
    SELECT RAISE(ABORT, 'a legal hold is lifted once and never changed');
END;

CREATE TRIGGER legal_holds_are_kept BEFORE DELETE ON legal_holds
BEGIN
    SELECT RAISE(ABORT, 'a legal hold is never deleted');
END;
