-- What a visitor must know of a case's household, as its own records say: sent to its team, and to whoever
-- was in it until consent was withheld. Empty since there is nothing to warn of any more.
CREATE TABLE warnings (
    case_id BYTEA NOT NULL PRIMARY KEY REFERENCES cases (id),
    cluster_id BYTEA NOT NULL REFERENCES clusters (id),
    scope_id BYTEA NOT NULL CHECK (length(scope_id) = 16),
    number BIGINT NOT NULL,
    line BYTEA NOT NULL
);

CREATE INDEX warnings_in_order ON warnings (cluster_id, number);
