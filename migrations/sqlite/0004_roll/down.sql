DROP TABLE extracts;
DROP TABLE exclusions;
DROP TABLE attendance;
DROP TABLE pupils;
DROP TABLE schools;
