-- Who did or saw what, as the request that did it wrote it down: not in order yet.
CREATE TABLE audit_waiting (
    id BLOB NOT NULL CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL CHECK (length(cluster_id) = 16),
    at BIGINT NOT NULL,
    user_id BLOB,
    device_id BLOB,
    origin TEXT NOT NULL,
    act TEXT NOT NULL,
    outcome TEXT NOT NULL,
    case_id BLOB,
    record_id BLOB,
    subject BLOB,
    detail TEXT NOT NULL,
    amount BIGINT,
    claimed_at BIGINT,
    PRIMARY KEY (id)
);

CREATE INDEX audit_waiting_by_cluster ON audit_waiting (cluster_id, at);

-- The same in order: a chain a cluster, numbered and linked under the cluster's lock. Acts that belong
-- to no cluster are in a chain of this server's own, whose id is zeros.
CREATE TABLE audit (
    number BIGINT NOT NULL CHECK (number > 0),
    id BLOB NOT NULL CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL CHECK (length(cluster_id) = 16),
    at BIGINT NOT NULL,
    user_id BLOB,
    device_id BLOB,
    origin TEXT NOT NULL,
    act TEXT NOT NULL,
    outcome TEXT NOT NULL,
    case_id BLOB,
    record_id BLOB,
    subject BLOB,
    detail TEXT NOT NULL,
    amount BIGINT,
    claimed_at BIGINT,
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    PRIMARY KEY (cluster_id, number)
);

CREATE INDEX audit_by_time ON audit (cluster_id, at, id);
CREATE INDEX audit_by_user ON audit (user_id, at);
CREATE INDEX audit_by_case ON audit (case_id, at);

-- Where each chain ends, signed by the server.
CREATE TABLE audit_heads (
    cluster_id BLOB NOT NULL PRIMARY KEY CHECK (length(cluster_id) = 16),
    number BIGINT NOT NULL,
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    signed_at BIGINT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64)
);

-- Up to which of its numbers a phone has told what was opened on it.
CREATE TABLE audit_told (
    device_id BLOB NOT NULL PRIMARY KEY CHECK (length(device_id) = 16),
    number BIGINT NOT NULL
);

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'a row of the audit is never changed');
END;

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'a row of the audit is never deleted');
END;

CREATE TRIGGER audit_waiting_stays BEFORE UPDATE ON audit_waiting
BEGIN
    SELECT RAISE(ABORT, 'a row of the audit is never changed');
END;
