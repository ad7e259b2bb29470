DROP TABLE goal_contributors;
ALTER TABLE goals DROP COLUMN override_reason;
ALTER TABLE goals DROP COLUMN resources_plan;
ALTER TABLE goals DROP COLUMN influence_reason;
ALTER TABLE goals DROP COLUMN within_influence;
