DROP TABLE meeting_reminders;
DROP INDEX meetings_to_remind;
DROP INDEX meetings_to_remind_again;
ALTER TABLE meetings DROP COLUMN reminded_sequence;
