DROP TABLE editions;
DROP FUNCTION editions_stay();
