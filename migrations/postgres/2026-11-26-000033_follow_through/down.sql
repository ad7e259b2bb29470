DROP INDEX action_items_one_per_task;
ALTER TABLE action_items DROP COLUMN task_id;
DROP TABLE officer_log_parts;
DROP TABLE commitments;
