-- Every actor that a phone writes as: that of its enrolment, and a fresh one whenever its numbers
-- turned out to be taken. No other phone ever writes as one of them.
CREATE TABLE device_actors (
    actor BLOB NOT NULL PRIMARY KEY CHECK (length(actor) = 16),
    device_id BLOB NOT NULL REFERENCES devices (id),
    registered_at BIGINT NOT NULL
);

CREATE INDEX device_actors_of_device ON device_actors (device_id);

INSERT INTO device_actors (actor, device_id, registered_at)
SELECT actor, id, enrolled_at FROM devices;
