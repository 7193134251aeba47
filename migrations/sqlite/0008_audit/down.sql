DROP TABLE audit_told;
DROP TABLE audit_heads;
DROP TABLE audit;
DROP TABLE audit_waiting;
