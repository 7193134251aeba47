-- People, places, devices and sessions. Times are milliseconds since 1970 in UTC; ids are 16 bytes.

CREATE TABLE authorities (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE clusters (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    authority_id BLOB NOT NULL REFERENCES authorities (id),
    name TEXT NOT NULL UNIQUE,
    jurisdiction TEXT NOT NULL,
    lock_key BIGINT NOT NULL UNIQUE,
    next_number BIGINT NOT NULL CHECK (next_number > 0),
    chain_head BLOB NOT NULL CHECK (length(chain_head) = 32),
    created_at BIGINT NOT NULL
);

CREATE TABLE agencies (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sensitive BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    sign_in TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    phone TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'left')),
    created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    user_id BLOB NOT NULL REFERENCES users (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    agency_id BLOB NOT NULL REFERENCES agencies (id),
    role TEXT NOT NULL CHECK (role IN ('practitioner', 'agency_lead', 'cluster_lead', 'deputy',
                                       'duty', 'chief', 'governance', 'admin')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, cluster_id, role)
);

CREATE INDEX memberships_of_cluster ON memberships (cluster_id);

CREATE TABLE devices (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    actor BLOB NOT NULL UNIQUE CHECK (length(actor) = 16),
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'retired', 'stolen')),
    enrolled_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    clock_offset_ms BIGINT
);

CREATE INDEX devices_of_user ON devices (user_id);

CREATE TABLE enrolment_codes (
    code_hash BLOB NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
    user_id BLOB NOT NULL REFERENCES users (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    device_id BLOB REFERENCES devices (id)
);

-- A session is also the family of its refresh tokens. It is ended, never deleted.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    device_id BLOB REFERENCES devices (id),
    started_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_why TEXT
);

CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id BLOB NOT NULL REFERENCES sessions (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    successor_used_at BIGINT
);

CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

CREATE TABLE server_secrets (
    name TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
