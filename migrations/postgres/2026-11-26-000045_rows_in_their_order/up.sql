-- PostgreSQL keeps rows in no order of its own. Most parts of logs are nobody's and no commitment: the indexes of those are of
-- the others alone.
DROP INDEX officer_log_parts_of_assignee;
CREATE INDEX officer_log_parts_of_assignee ON officer_log_parts (assignee_id) WHERE assignee_id IS NOT NULL;
DROP INDEX officer_log_parts_of_commitment;
CREATE INDEX officer_log_parts_of_commitment ON officer_log_parts (commitment_id) WHERE commitment_id IS NOT NULL;
