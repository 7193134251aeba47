DROP TABLE glasses;
