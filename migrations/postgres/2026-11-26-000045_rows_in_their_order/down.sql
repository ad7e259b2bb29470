DROP INDEX officer_log_parts_of_assignee;
CREATE INDEX officer_log_parts_of_assignee ON officer_log_parts (assignee_id);
DROP INDEX officer_log_parts_of_commitment;
CREATE INDEX officer_log_parts_of_commitment ON officer_log_parts (commitment_id);
