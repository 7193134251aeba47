DROP TABLE withdrawn;
DROP TABLE moves;
