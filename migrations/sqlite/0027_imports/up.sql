-- What was taken over from schools' systems: which file, when, how far, with what outcome. It holds no
-- row of the file. One that has not ended is gone on with by the same command.
CREATE TABLE imports (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    kind TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    line BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    missing BIGINT NOT NULL
);

CREATE INDEX imports_of_cluster ON imports (cluster_id, began_at);

-- A school's own days, as JSON: what a clock that counts school days goes by.
CREATE TABLE school_calendars (
    school_id BLOB NOT NULL PRIMARY KEY REFERENCES schools (id),
    calendar TEXT NOT NULL
);

ALTER TABLE pupils ADD COLUMN looked_after BOOLEAN NOT NULL DEFAULT FALSE;
