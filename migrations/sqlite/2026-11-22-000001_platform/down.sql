DROP TABLE throttles;
DROP TABLE installation;
DROP TABLE mails;
DROP TABLE leases;
DROP TABLE idempotency_keys;
DROP TABLE record_consumers;
DROP TABLE records;
