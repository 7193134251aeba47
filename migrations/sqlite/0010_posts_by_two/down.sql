DROP TABLE post_history;
DROP TABLE post_proposals;
