DROP TABLE outside_accounts;
