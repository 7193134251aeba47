-- The log of each cluster, who may read what, and the read models. The log is the truth; views,
-- directory and access are made from it and can be made again.

CREATE TABLE cases (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    begun_number BIGINT NOT NULL
);

CREATE INDEX cases_of_cluster ON cases (cluster_id);

CREATE TABLE records (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    scope_id BLOB NOT NULL CHECK (length(scope_id) = 16),
    kind SMALLINT NOT NULL,
    envelope BLOB NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    length INTEGER NOT NULL CHECK (length > 0)
);

CREATE INDEX records_of_case ON records (case_id);
CREATE INDEX records_in_order ON records (cluster_id, first_number);
CREATE INDEX records_of_scope ON records (scope_id);

CREATE TABLE batches (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    device_id BLOB NOT NULL REFERENCES devices (id),
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    signed BLOB NOT NULL,
    arrived_at BIGINT NOT NULL
);

CREATE TABLE log (
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    number BIGINT NOT NULL,
    record_id BLOB NOT NULL REFERENCES records (id),
    position INTEGER NOT NULL,
    actor BLOB NOT NULL CHECK (length(actor) = 16),
    seq INTEGER NOT NULL,
    deps BLOB,
    body BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    user_id BLOB NOT NULL REFERENCES users (id),
    device_id BLOB NOT NULL REFERENCES devices (id),
    arrived_at BIGINT NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, number),
    UNIQUE (record_id, position),
    UNIQUE (record_id, actor, seq)
);

-- What proves a log entry, apart from it, so that reading is light: the device's signature over salted
-- digests and the chain over them. An erasure removes salt, hash and body; the chain stays provable.
CREATE TABLE log_proofs (
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    number BIGINT NOT NULL,
    batch_id BLOB NOT NULL REFERENCES batches (id),
    salt BLOB,
    salted BLOB NOT NULL CHECK (length(salted) = 32),
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    PRIMARY KEY (cluster_id, number)
);

-- Intervals of access: a scope (or a single record) is sent to a user from `since` on, with what
-- lies after `resume_from`, until it is frozen or revoked.
CREATE TABLE access (
    user_id BLOB NOT NULL REFERENCES users (id),
    scope_id BLOB NOT NULL CHECK (length(scope_id) = 16),
    since BIGINT NOT NULL,
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    resume_from BIGINT NOT NULL,
    until BIGINT,
    ended TEXT CHECK (ended IN ('frozen', 'revoked')),
    PRIMARY KEY (user_id, scope_id, since)
);

CREATE INDEX access_of_case ON access (case_id);

-- Cases of which a user of the cluster may find no sign in the directory.
CREATE TABLE barred (
    user_id BLOB NOT NULL REFERENCES users (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    number BIGINT NOT NULL,
    PRIMARY KEY (user_id, case_id)
);

CREATE INDEX barred_of_case ON barred (case_id);

CREATE TABLE directory (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    first_number BIGINT NOT NULL,
    number BIGINT NOT NULL,
    line BLOB NOT NULL
);

CREATE INDEX directory_in_order ON directory (cluster_id, number);

CREATE TABLE record_views (
    record_id BLOB NOT NULL PRIMARY KEY REFERENCES records (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    scope_id BLOB NOT NULL,
    kind SMALLINT NOT NULL,
    safety_conflicts INTEGER NOT NULL,
    routine_conflicts INTEGER NOT NULL,
    harm_since BIGINT,
    happened_at BIGINT,
    view TEXT NOT NULL
);

CREATE INDEX record_views_of_case ON record_views (case_id);
CREATE INDEX record_views_in_conflict ON record_views (cluster_id, safety_conflicts);

CREATE TABLE case_views (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    name TEXT NOT NULL,
    school TEXT NOT NULL,
    stage TEXT NOT NULL,
    framework TEXT NOT NULL,
    stage_disputed BOOLEAN NOT NULL,
    lead_professional BLOB,
    is_open BOOLEAN NOT NULL,
    view TEXT NOT NULL
);

CREATE INDEX case_views_of_cluster ON case_views (cluster_id, name);
