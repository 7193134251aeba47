-- What a chief officer sees: figures of a period, made once when it closes, never changed after.
CREATE TABLE editions (
    authority_id BYTEA NOT NULL REFERENCES authorities (id),
    period TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (authority_id, period)
);

CREATE FUNCTION editions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published edition is never changed or deleted';
END
$$;

CREATE TRIGGER editions_stay BEFORE UPDATE OR DELETE ON editions
    FOR EACH ROW EXECUTE FUNCTION editions_stay();
