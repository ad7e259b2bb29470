DROP INDEX rsvps_of_account;
CREATE INDEX rsvps_of_account ON rsvps (account_id);
DROP TRIGGER meetings_stamp_delete;
DROP TRIGGER meetings_stamp_update;
DROP TRIGGER meetings_stamp_insert;
DROP TABLE meeting_stamps;
