-- Records that were re-homed, each with the one that took its place.
CREATE TABLE moves (
    record_id BLOB NOT NULL PRIMARY KEY REFERENCES records (id),
    to_record_id BLOB NOT NULL REFERENCES records (id)
);

CREATE INDEX moves_to ON moves (to_record_id);

-- Single records that are sent to a user no longer, though their compartment is: from `number` on.
CREATE TABLE withdrawn (
    user_id BLOB NOT NULL REFERENCES users (id),
    record_id BLOB NOT NULL REFERENCES records (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    number BIGINT NOT NULL,
    PRIMARY KEY (user_id, record_id)
);

CREATE INDEX withdrawn_records ON withdrawn (record_id);
