-- What a phone had of a cluster's log when it was last sent anything, when that was, and as whom its
-- user worked there then: what it brings later is judged by that, too.
CREATE TABLE device_contacts (
    device_id BYTEA NOT NULL REFERENCES devices (id),
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    acknowledged BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    agency_id BYTEA NOT NULL REFERENCES agencies (id),
    roles TEXT NOT NULL,
    PRIMARY KEY (device_id, cluster_id)
);
