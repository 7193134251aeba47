DROP TABLE untrusted;
DROP TABLE kept_work;
DROP TABLE erase_orders;
DROP TABLE device_marks;
