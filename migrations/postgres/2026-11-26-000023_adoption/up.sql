-- A mission begins as a draft and is adopted by a decision. What waited for signatures is a draft again; signatures under
-- missions that were adopted by them stay.
ALTER TABLE missions DROP CONSTRAINT missions_state_check;
ALTER TABLE missions ADD CONSTRAINT missions_state_check
    CHECK (state IN ('draft', 'proposed', 'adopted', 'superseded', 'withdrawn'));
-- The decision by which it is, or was, adopted.
ALTER TABLE missions ADD COLUMN decision_id uuid REFERENCES decisions (id) ON DELETE RESTRICT;
DELETE FROM mission_signatures
WHERE mission_id NOT IN (SELECT id FROM missions WHERE state IN ('adopted', 'superseded'));
UPDATE missions SET state = 'draft' WHERE state = 'proposed';
ALTER TABLE missions ADD CONSTRAINT missions_decided CHECK (state <> 'proposed' OR decision_id IS NOT NULL);
CREATE INDEX missions_of_decision ON missions (decision_id);

-- The current goal whose place it is to take, or took.
ALTER TABLE goals ADD COLUMN replaces_id uuid REFERENCES goals (id) ON DELETE RESTRICT CHECK (replaces_id <> id);
-- The decision by which it is, or was, adopted.
ALTER TABLE goals ADD COLUMN decision_id uuid REFERENCES decisions (id) ON DELETE RESTRICT;
UPDATE goal_signatures SET voided_at = created_at
WHERE voided_at IS NULL AND purpose = 'adopt' AND goal_id IN (SELECT id FROM goals WHERE state = 'proposed');
UPDATE goals SET state = 'draft', proposed_at = NULL, version = version + 1 WHERE state = 'proposed';
CREATE INDEX goals_of_replaced ON goals (replaces_id);
CREATE UNIQUE INDEX goals_one_replacing ON goals (replaces_id) WHERE state IN ('backlog', 'draft');
CREATE INDEX goals_of_decision ON goals (decision_id);

-- Changes to an adopted goal and its objectives, beside the values that count until they are adopted.
CREATE TABLE goal_amendments (
    id uuid PRIMARY KEY NOT NULL,
    goal_id uuid NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    class text NOT NULL CHECK (class IN ('goal', 'objective')),
    state text NOT NULL CHECK (state IN ('proposed', 'adopted', 'dropped')),
    reason text NOT NULL,
    -- What is to change and what it is to become; and what was there before.
    changes jsonb NOT NULL,
    before jsonb NOT NULL,
    proposed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    -- When it was adopted or dropped.
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'proposed') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX goal_amendments_in_order ON goal_amendments (goal_id, number);
CREATE UNIQUE INDEX goal_amendments_one_proposed ON goal_amendments (goal_id) WHERE state = 'proposed';
CREATE INDEX goal_amendments_by_proposer ON goal_amendments (proposed_by_id);
CREATE INDEX goal_amendments_of_decision ON goal_amendments (decision_id);
