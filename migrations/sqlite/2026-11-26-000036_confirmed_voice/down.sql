DROP INDEX meeting_decisions_by_confirmer;
ALTER TABLE meeting_decisions DROP COLUMN confirmed_by_id;
ALTER TABLE meeting_decisions DROP COLUMN spoken;
