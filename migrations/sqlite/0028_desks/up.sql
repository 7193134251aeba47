-- A desk signs what its user decides at a page. It is a device with a key that lasts as long as the
-- browser's session: the column says whose desk it is, and is empty for a phone.
ALTER TABLE devices ADD COLUMN page_session BLOB REFERENCES page_sessions (token_hash);
