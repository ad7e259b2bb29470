DROP INDEX rsvps_of_account;
CREATE INDEX rsvps_of_account ON rsvps (account_id);
DROP TRIGGER meetings_stamp ON meetings;
DROP FUNCTION meetings_stamp();
DROP TABLE meeting_stamps;
