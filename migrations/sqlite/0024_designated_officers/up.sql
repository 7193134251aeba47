-- Designated officers look into allegations against adults who work with children. A check is changed by
-- making the table again.
CREATE TABLE memberships_made_again (
    user_id BLOB NOT NULL REFERENCES users (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    agency_id BLOB NOT NULL REFERENCES agencies (id),
    role TEXT NOT NULL CHECK (role IN ('practitioner', 'agency_lead', 'cluster_lead', 'deputy',
                                       'duty', 'designated', 'chief', 'governance', 'admin')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, cluster_id, role)
);

INSERT INTO memberships_made_again (user_id, cluster_id, agency_id, role, created_at)
SELECT user_id, cluster_id, agency_id, role, created_at FROM memberships;
DROP TABLE memberships;
ALTER TABLE memberships_made_again RENAME TO memberships;

CREATE INDEX memberships_of_cluster ON memberships (cluster_id);
