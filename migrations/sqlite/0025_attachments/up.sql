-- The bytes of an attachment, which rest sealed outside the database: of which digest and length, under
-- which salt, since when they are on their way and since when they are whole. The salt makes name and key,
-- so that equal photos do not show.
CREATE TABLE attachments (
    record_id BLOB NOT NULL PRIMARY KEY REFERENCES records (id),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    bytes BIGINT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    begun_at BIGINT NOT NULL,
    arrived_at BIGINT
);
