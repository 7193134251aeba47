DROP TABLE case_stamps;
DROP TABLE kept_from;
DROP TABLE signals;
DROP TABLE figures;
DROP TABLE case_figures;
ALTER TABLE record_views DROP COLUMN gist;
