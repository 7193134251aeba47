DROP TABLE device_contacts;
