DROP TABLE stopped_reminders;
DROP TABLE meeting_follow_ups;
