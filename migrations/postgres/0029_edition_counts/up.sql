-- The exact counts that an edition was made from, as JSON: what must be known so that a later one does not
-- tell what this one hid, and so that each thing is counted in one period only. Nobody is shown it.
CREATE TABLE edition_counts (
    authority_id BYTEA NOT NULL REFERENCES authorities (id),
    period TEXT NOT NULL,
    exact TEXT NOT NULL,
    PRIMARY KEY (authority_id, period)
);

CREATE TRIGGER edition_counts_stay BEFORE UPDATE OR DELETE ON edition_counts
    FOR EACH ROW EXECUTE FUNCTION editions_stay();
