-- Pushed work that was allowed when its phone last heard from the server and no longer when it
-- arrived: kept whole, seen by nobody but its reviewers, until one releases it or gives it back.
CREATE TABLE quarantine (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    record_id BLOB NOT NULL CHECK (length(record_id) = 16),
    actor BLOB NOT NULL CHECK (length(actor) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    device_id BLOB NOT NULL REFERENCES devices (id),
    batch_id BLOB NOT NULL REFERENCES batches (id),
    first_seq INTEGER NOT NULL CHECK (first_seq > 0),
    length INTEGER NOT NULL CHECK (length > 0),
    frame BLOB NOT NULL,
    salts BLOB NOT NULL,
    code TEXT NOT NULL,
    harm_since BIGINT,
    arrived_at BIGINT NOT NULL
);

CREATE INDEX quarantine_of_record ON quarantine (record_id, actor);
CREATE INDEX quarantine_of_case ON quarantine (case_id);
CREATE INDEX quarantine_of_cluster ON quarantine (cluster_id, arrived_at);
CREATE INDEX quarantine_of_device ON quarantine (device_id);

-- What a reviewer decided: once, for ever.
CREATE TABLE quarantine_decisions (
    quarantine_id BLOB NOT NULL PRIMARY KEY REFERENCES quarantine (id),
    number BIGINT NOT NULL,
    released BOOLEAN NOT NULL,
    decided_by BLOB NOT NULL REFERENCES users (id),
    decided_at BIGINT NOT NULL,
    reason TEXT NOT NULL
);
