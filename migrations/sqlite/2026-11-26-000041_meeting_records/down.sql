ALTER TABLE attendances DROP COLUMN left_at;
ALTER TABLE attendances DROP COLUMN arrived_at;
DROP TABLE stopped_reminders;
DROP TABLE meeting_follow_ups;
