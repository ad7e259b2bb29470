DROP TABLE minutes_redactions;
ALTER TABLE minutes_corrections DROP COLUMN redactions;
