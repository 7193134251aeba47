-- The exact counts that an edition was made from, as JSON: what must be known so that a later one does not
-- tell what this one hid, and so that each thing is counted in one period only. Nobody is shown it.
CREATE TABLE edition_counts (
    authority_id BLOB NOT NULL REFERENCES authorities (id),
    period TEXT NOT NULL,
    exact TEXT NOT NULL,
    PRIMARY KEY (authority_id, period)
);

CREATE TRIGGER edition_counts_stay BEFORE UPDATE ON edition_counts
BEGIN
    SELECT RAISE(ABORT, 'the counts of a published edition are never changed');
END;

CREATE TRIGGER edition_counts_are_kept BEFORE DELETE ON edition_counts
BEGIN
    SELECT RAISE(ABORT, 'the counts of a published edition are never deleted');
END;
