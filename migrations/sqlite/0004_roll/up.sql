-- The pupil roll with attendance and exclusions, as imported from school systems. No record, and in
-- no phone's directory: a case that names a pupil gets an extract, which is read and never written.

CREATE TABLE schools (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    name TEXT NOT NULL,
    sector TEXT NOT NULL CHECK (sector IN ('primary', 'secondary')),
    UNIQUE (cluster_id, name)
);

CREATE TABLE pupils (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    school_id BLOB NOT NULL REFERENCES schools (id),
    scheme TEXT NOT NULL,
    number TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    born TEXT NOT NULL,
    year_group TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    UNIQUE (scheme, number)
);

CREATE INDEX pupils_of_school ON pupils (school_id);

-- Half days by term. Excluded ones are possible and not attended.
CREATE TABLE attendance (
    pupil_id BLOB NOT NULL REFERENCES pupils (id),
    from_day TEXT NOT NULL,
    term TEXT NOT NULL,
    possible INTEGER NOT NULL CHECK (possible >= 0),
    attended INTEGER NOT NULL CHECK (attended >= 0 AND attended <= possible),
    PRIMARY KEY (pupil_id, from_day)
);

CREATE TABLE exclusions (
    pupil_id BLOB NOT NULL REFERENCES pupils (id),
    from_day TEXT NOT NULL,
    half_days INTEGER NOT NULL CHECK (half_days > 0),
    cause TEXT NOT NULL,
    PRIMARY KEY (pupil_id, from_day)
);

-- Which pupil a case is about, as its identifiers say; none since they say so no longer. Sent with
-- the case's record for the team, in the order of the log.
CREATE TABLE extracts (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    scope_id BLOB NOT NULL CHECK (length(scope_id) = 16),
    pupil_id BLOB REFERENCES pupils (id),
    number BIGINT NOT NULL
);

CREATE INDEX extracts_of_pupil ON extracts (pupil_id);
CREATE INDEX extracts_in_order ON extracts (cluster_id, number);
