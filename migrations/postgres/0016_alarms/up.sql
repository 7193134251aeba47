-- That somebody wrote down suspected harm: for the duty officer, at once, whatever becomes of the record. It
-- holds nothing of what was written. One for each concern, until a duty officer says that they have it.
CREATE TABLE alarms (
    record_id BYTEA NOT NULL PRIMARY KEY CHECK (length(record_id) = 16),
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    case_id BYTEA NOT NULL REFERENCES cases (id),
    author_id BYTEA NOT NULL REFERENCES users (id),
    number BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    heard_by BYTEA REFERENCES users (id),
    heard_at BIGINT
);

CREATE INDEX alarms_of_cluster ON alarms (cluster_id, number);
