DROP TABLE collected;
DROP TABLE sources;
DROP TABLE contributions;
DROP TABLE collectors;
DROP FUNCTION contributions_stay();
