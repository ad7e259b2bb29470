DROP TABLE goal_amendments;
DROP INDEX goals_of_decision;
DROP INDEX goals_one_replacing;
DROP INDEX goals_of_replaced;
ALTER TABLE goals DROP COLUMN decision_id;
ALTER TABLE goals DROP COLUMN replaces_id;

DROP INDEX missions_of_decision;
ALTER TABLE missions DROP CONSTRAINT missions_decided;
ALTER TABLE missions DROP COLUMN decision_id;
UPDATE missions SET state = 'withdrawn' WHERE state = 'draft';
ALTER TABLE missions DROP CONSTRAINT missions_state_check;
ALTER TABLE missions ADD CONSTRAINT missions_state_check CHECK (state IN ('proposed', 'adopted', 'superseded', 'withdrawn'));
