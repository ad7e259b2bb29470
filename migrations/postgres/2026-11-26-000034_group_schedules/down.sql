DROP TABLE group_schedules;
