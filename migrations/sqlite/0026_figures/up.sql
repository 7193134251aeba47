-- Figures and early warnings, kept with each commit. Both are made from the gists of records and from
-- the pupil roll, and can be made again. Days are counted from 1 January 1970.

-- What figures need of a record; empty for one they have no use for.
ALTER TABLE record_views ADD COLUMN gist BLOB NOT NULL DEFAULT x'';

-- What each case adds to the figures, down to the record.
CREATE TABLE case_figures (
    case_id BLOB NOT NULL REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    measure SMALLINT NOT NULL,
    school TEXT NOT NULL,
    cell TEXT NOT NULL,
    day INTEGER NOT NULL,
    record_id BLOB,
    counted BIGINT NOT NULL,
    of_all BIGINT NOT NULL
);

CREATE INDEX case_figures_of_case ON case_figures (case_id);
CREATE INDEX case_figures_of_measure ON case_figures (cluster_id, measure, cell, day);

-- Their sums.
CREATE TABLE figures (
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    measure SMALLINT NOT NULL,
    school TEXT NOT NULL,
    cell TEXT NOT NULL,
    day INTEGER NOT NULL,
    counted BIGINT NOT NULL,
    of_all BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, measure, school, cell, day)
);

-- Early warnings, each from the day on which it begins to hold.
CREATE TABLE signals (
    case_id BLOB NOT NULL REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    sign SMALLINT NOT NULL,
    from_day INTEGER NOT NULL,
    until_day INTEGER,
    record_id BLOB,
    scope_id BLOB NOT NULL,
    why TEXT NOT NULL
);

CREATE INDEX signals_of_case ON signals (case_id);

-- Who may see nothing of a case: its part of the figures is taken out of theirs.
CREATE TABLE kept_from (
    case_id BLOB NOT NULL REFERENCES cases (id),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    user_id BLOB NOT NULL,
    PRIMARY KEY (case_id, user_id)
);

CREATE INDEX kept_from_users ON kept_from (user_id, cluster_id);

-- Grows with each commit that touches a case: what lists keep of it in memory is good as long as this is.
CREATE TABLE case_stamps (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES cases (id),
    stamp BIGINT NOT NULL
);
