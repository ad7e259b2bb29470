DROP INDEX needs_of_task;
ALTER TABLE needs DROP COLUMN task_id;
