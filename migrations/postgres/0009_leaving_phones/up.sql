-- Who marked a phone as retired or stolen or took that back, in order; nobody's name for a command on
-- the server.
CREATE TABLE device_marks (
    device_id BYTEA NOT NULL REFERENCES devices (id),
    number INTEGER NOT NULL CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('active', 'retired', 'stolen')),
    marked_by BYTEA REFERENCES users (id),
    marked_at BIGINT NOT NULL,
    PRIMARY KEY (device_id, number)
);

-- Orders to erase a phone, each with the receipt that the phone's key signed once it came.
CREATE TABLE erase_orders (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    device_id BYTEA NOT NULL REFERENCES devices (id),
    ordered_at BIGINT NOT NULL,
    erased_at BIGINT,
    receipt BYTEA CHECK (length(receipt) = 64)
);

CREATE INDEX erase_orders_of_device ON erase_orders (device_id);

-- Work that was refused and was only on a phone that was retired: as it was handed over, for its
-- author alone.
CREATE TABLE kept_work (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BYTEA NOT NULL REFERENCES users (id),
    device_id BYTEA NOT NULL REFERENCES devices (id),
    frame BYTEA NOT NULL,
    reason TEXT NOT NULL,
    arrived_at BIGINT NOT NULL
);

CREATE INDEX kept_work_of_user ON kept_work (user_id, arrived_at);
CREATE INDEX kept_work_of_device ON kept_work (device_id);

-- What a phone sent after it was reported stolen: bytes that nobody judges or shows.
CREATE TABLE untrusted (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    device_id BYTEA NOT NULL REFERENCES devices (id),
    bytes BYTEA NOT NULL,
    arrived_at BIGINT NOT NULL
);

CREATE INDEX untrusted_of_device ON untrusted (device_id, arrived_at);
