-- What an officer's log of a meeting of leaders asked for is theirs as well, as what was taken on at the meeting itself.
UPDATE tasks SET opened_at = NULL
WHERE id IN (
    SELECT officer_log_parts.task_id FROM meetings
    JOIN officer_logs ON officer_logs.meeting_id = meetings.id
    JOIN officer_log_parts ON officer_log_parts.officer_log_id = officer_logs.id
    WHERE meetings.visibility = 'leaders'
);
-- How many meetings a calendar has no more is counted without looking at the meetings themselves.
DROP INDEX meetings_of_partnership;
CREATE INDEX meetings_of_partnership ON meetings (partnership_id, starts_at, id, visibility);
