DROP TABLE glasses;
DROP FUNCTION glasses_stay();
