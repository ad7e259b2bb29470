DROP INDEX rsvps_by_answer;
