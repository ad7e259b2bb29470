DROP TABLE meeting_follow_ups;
