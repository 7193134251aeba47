-- Posts that take two people: who proposed each, and who confirmed or declined it. Nobody's name for
-- what a command on the server proposed.
CREATE TABLE post_proposals (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id),
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    agency_id BYTEA NOT NULL REFERENCES agencies (id),
    role TEXT NOT NULL,
    proposed_by BYTEA REFERENCES users (id),
    proposed_at BIGINT NOT NULL,
    decided_by BYTEA REFERENCES users (id),
    decided_at BIGINT,
    confirmed BOOLEAN
);

CREATE INDEX post_proposals_of_cluster ON post_proposals (cluster_id, proposed_at);

-- Who held which role from when to when: `from_number` and `until_number` are numbers of the cluster's
-- log, the first at which it was held and the first at which it was not any more.
CREATE TABLE post_history (
    user_id BYTEA NOT NULL REFERENCES users (id),
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    agency_id BYTEA NOT NULL REFERENCES agencies (id),
    role TEXT NOT NULL,
    from_number BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    until_number BIGINT,
    until_at BIGINT,
    PRIMARY KEY (user_id, cluster_id, role, from_number)
);

CREATE INDEX post_history_of_cluster ON post_history (cluster_id);

INSERT INTO post_history (user_id, cluster_id, agency_id, role, from_number, from_at)
SELECT user_id, cluster_id, agency_id, role, 0, created_at FROM memberships;
