-- A communication plan is adopted by a decision. What waited for signatures is a draft again; signatures under plans that
-- were adopted by them stay.
ALTER TABLE communication_plans ADD COLUMN decision_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT;
UPDATE plan_signatures SET voided_at = created_at
WHERE voided_at IS NULL AND plan_id IN (SELECT id FROM communication_plans WHERE state = 'proposed');
UPDATE communication_plans SET state = 'draft', proposed_at = NULL, version = version + 1 WHERE state = 'proposed';
CREATE INDEX communication_plans_of_decision ON communication_plans (decision_id);
