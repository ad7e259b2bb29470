DROP INDEX communication_plans_of_decision;
ALTER TABLE communication_plans DROP COLUMN decision_id;
