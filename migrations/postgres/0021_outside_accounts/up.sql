-- Who signs in with an account of another server's: by its issuer and the name that it never gives to
-- anybody else. Never by an address for e-mail, which is given to the next person.
CREATE TABLE outside_accounts (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id BYTEA NOT NULL REFERENCES users (id),
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE INDEX outside_accounts_of_user ON outside_accounts (user_id);
