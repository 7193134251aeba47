DROP TABLE edition_counts;
