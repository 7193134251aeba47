-- The secret that a person's app makes codes of, sealed with a key of the server's; good once it was
-- confirmed with a code. The last step used, so that no code is good twice; wrong codes since the last
-- right one, counted only after a right password.
CREATE TABLE second_factors (
    user_id BYTEA NOT NULL PRIMARY KEY REFERENCES users (id),
    sealed BYTEA NOT NULL,
    begun_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    wrong_at BIGINT NOT NULL
);
