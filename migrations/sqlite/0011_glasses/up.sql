-- A case opened beyond what somebody is granted: by breaking the glass, or by information governance
-- on a request. Added once, never changed; it ends by itself.
CREATE TABLE glasses (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    cluster_id BLOB NOT NULL REFERENCES clusters (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    door TEXT NOT NULL CHECK (door IN ('glass', 'request')),
    reason TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    begun_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

CREATE INDEX glasses_of_user ON glasses (user_id, ends_at);
CREATE INDEX glasses_of_case ON glasses (case_id, begun_at);
CREATE INDEX glasses_of_cluster ON glasses (cluster_id, begun_at);

CREATE TRIGGER glasses_stay BEFORE UPDATE ON glasses
BEGIN
    SELECT RAISE(ABORT, 'a broken glass is never changed');
END;

CREATE TRIGGER glasses_are_kept BEFORE DELETE ON glasses
BEGIN
    SELECT RAISE(ABORT, 'a broken glass is never deleted');
END;
