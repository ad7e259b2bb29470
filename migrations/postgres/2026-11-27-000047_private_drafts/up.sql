-- When a task was put before the group; never, for a draft that is one still or was cancelled as one. By the record, as far as tasks
-- are cancelled already.
ALTER TABLE tasks ADD COLUMN opened_at timestamptz;
UPDATE tasks SET opened_at = created_at
WHERE state NOT IN ('draft', 'cancelled') OR (
    state = 'cancelled' AND (
        NOT EXISTS (SELECT 1 FROM records WHERE records.object = tasks.id AND records.action = 'task.drafted')
        OR EXISTS (SELECT 1 FROM records WHERE records.object = tasks.id AND records.action = 'task.created')
    )
);
