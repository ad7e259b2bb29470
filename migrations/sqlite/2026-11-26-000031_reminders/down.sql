DROP TABLE meeting_reminders;
DROP TABLE reminded_meetings;
DROP INDEX meetings_by_state;
