-- A need may also be a task's; its goal is the one that the task serves.
ALTER TABLE needs ADD COLUMN task_id uuid REFERENCES tasks (id) ON DELETE RESTRICT;
CREATE INDEX needs_of_task ON needs (task_id);
