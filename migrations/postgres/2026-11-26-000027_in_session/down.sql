DROP TABLE meeting_decisions;
DROP TABLE executive_sessions;
