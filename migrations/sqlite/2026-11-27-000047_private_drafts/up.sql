-- When a task was put before the group; never, for a draft that is one still or was cancelled as one (by the record, as far as tasks
-- are cancelled already), and for what was taken on at a meeting of leaders.
ALTER TABLE tasks ADD COLUMN opened_at INTEGER;
UPDATE tasks SET opened_at = created_at
WHERE (
    state NOT IN ('draft', 'cancelled')
    OR NOT EXISTS (SELECT 1 FROM records WHERE records.object = tasks.id AND records.action = 'task.drafted')
    OR EXISTS (SELECT 1 FROM records WHERE records.object = tasks.id AND records.action = 'task.created')
) AND state <> 'draft' AND NOT EXISTS (
    SELECT 1 FROM action_items JOIN meetings ON meetings.id = action_items.meeting_id
    WHERE action_items.task_id = tasks.id AND meetings.visibility = 'leaders'
);
