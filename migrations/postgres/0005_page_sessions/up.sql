-- A person signed in to the pages with a browser. Never a phone's session: no token of one is any good
-- for the other. Only a hash of what the browser holds is here. A session is ended, never deleted.
CREATE TABLE page_sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id BYTEA NOT NULL REFERENCES users (id),
    started_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE INDEX page_sessions_of_user ON page_sessions (user_id);
