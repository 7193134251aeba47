DROP TABLE legal_holds;
DROP FUNCTION legal_holds_stay();
