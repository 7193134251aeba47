-- What a chief officer sees: figures of a period, made once when it closes, never changed after.
CREATE TABLE editions (
    authority_id BLOB NOT NULL REFERENCES authorities (id),
    period TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (authority_id, period)
);

CREATE TRIGGER editions_stay BEFORE UPDATE ON editions
BEGIN
    SELECT RAISE(ABORT, 'a published edition is never changed');
END;

CREATE TRIGGER editions_are_kept BEFORE DELETE ON editions
BEGIN
    SELECT RAISE(ABORT, 'a published edition is never deleted');
END;
