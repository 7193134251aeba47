DROP TABLE quarantine_decisions;
DROP TABLE quarantine;
