DROP TABLE notice_deliveries;
DROP TABLE notices;
DROP TABLE notice_subscriptions;
DROP INDEX meetings_to_notice;
DROP INDEX meetings_to_notice_again;
ALTER TABLE meetings DROP COLUMN noticed_sequence;
