-- To whom exact counts of an authority's clusters may be given: the key of the authority's own server, and what
-- that server calls this one.
CREATE TABLE collectors (
    authority_id BLOB NOT NULL REFERENCES authorities (id),
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    known_as TEXT NOT NULL,
    allowed_at BIGINT NOT NULL,
    PRIMARY KEY (authority_id)
);

-- What was counted for it at the end of a period, signed; each names the one before.
CREATE TABLE contributions (
    authority_id BLOB NOT NULL REFERENCES authorities (id),
    number BIGINT NOT NULL CHECK (number > 0),
    period TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (authority_id, number),
    UNIQUE (authority_id, period)
);

-- On an authority's own server: the servers of clusters from which it collects, by which key each is known, and
-- what is wrong with what it gave last.
CREATE TABLE sources (
    id BLOB NOT NULL CHECK (length(id) = 16),
    authority_id BLOB NOT NULL REFERENCES authorities (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    trusted TEXT NOT NULL,
    public_key BLOB NOT NULL CHECK (length(public_key) = 32),
    added_at BIGINT NOT NULL,
    asked_at BIGINT,
    trouble TEXT,
    goes_on_from BIGINT,
    PRIMARY KEY (id),
    UNIQUE (authority_id, name)
);

-- What was taken from them, as it was signed, in the order in which it was taken.
CREATE TABLE collected (
    source_id BLOB NOT NULL REFERENCES sources (id),
    place BIGINT NOT NULL CHECK (place > 0),
    number BIGINT NOT NULL,
    period TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (source_id, place),
    UNIQUE (source_id, period)
);

CREATE TRIGGER contributions_stay BEFORE UPDATE ON contributions
BEGIN
    SELECT RAISE(ABORT, 'a contribution that was made is never changed');
END;

CREATE TRIGGER contributions_are_kept BEFORE DELETE ON contributions
BEGIN
    SELECT RAISE(ABORT, 'a contribution that was made is never deleted');
END;

CREATE TRIGGER collected_stay BEFORE UPDATE ON collected
BEGIN
    SELECT RAISE(ABORT, 'a contribution that was made is never changed');
END;

CREATE TRIGGER collected_are_kept BEFORE DELETE ON collected
BEGIN
    SELECT RAISE(ABORT, 'a contribution that was made is never deleted');
END;
