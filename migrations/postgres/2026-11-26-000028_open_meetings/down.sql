DROP TABLE open_meetings_policies;
