-- How many answered yes, maybe and no, kept with each answer: whoever reads a meeting wants to know.
ALTER TABLE meetings ADD COLUMN answers jsonb NOT NULL DEFAULT '{"yes":0,"maybe":0,"no":0}';
UPDATE meetings SET answers = counted.answers
FROM (
    SELECT meeting_id,
           jsonb_build_object('yes', count(*) FILTER (WHERE answer = 'yes'), 'maybe', count(*) FILTER (WHERE answer = 'maybe'),
                              'no', count(*) FILTER (WHERE answer = 'no')) AS answers
    FROM rsvps GROUP BY meeting_id
) AS counted WHERE counted.meeting_id = meetings.id;
DROP INDEX rsvps_by_answer;

-- Most logs have no partnership, no meeting and nobody's decision: only those that do stand in these indexes.
DROP INDEX officer_logs_of_partnership;
DROP INDEX officer_logs_of_meeting;
DROP INDEX officer_logs_by_decider;
DROP INDEX officer_logs_waiting;
CREATE INDEX officer_logs_of_partnership ON officer_logs (partnership_id, starts_at, id) WHERE partnership_id IS NOT NULL;
CREATE INDEX officer_logs_of_meeting ON officer_logs (meeting_id) WHERE meeting_id IS NOT NULL;
CREATE INDEX officer_logs_by_decider ON officer_logs (decided_by_id) WHERE decided_by_id IS NOT NULL;
CREATE INDEX officer_logs_waiting ON officer_logs (state, submitted_at) WHERE partnership_id IS NOT NULL;

-- A statement that is kept prepared knows no state when it is planned, and can't take an index of one state only.
DROP INDEX mails_due;
CREATE INDEX mails_due ON mails (state, next_attempt_at);
CREATE INDEX invitations_of_address ON invitations (email_key);
