-- What the achievability test asks whoever writes the goal.
ALTER TABLE goals ADD COLUMN within_influence boolean;
ALTER TABLE goals ADD COLUMN influence_reason text CHECK ((influence_reason IS NULL) = (within_influence IS NULL));
ALTER TABLE goals ADD COLUMN resources_plan text;
-- Why it is tried although it does not pass the test.
ALTER TABLE goals ADD COLUMN override_reason text;

-- Who works for a goal, by name.
CREATE TABLE goal_contributors (
    id uuid PRIMARY KEY NOT NULL,
    goal_id uuid NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    -- What the person does for it.
    part text,
    named_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX goal_contributors_one_each ON goal_contributors (goal_id, account_id);
CREATE INDEX goal_contributors_of_account ON goal_contributors (account_id);
CREATE INDEX goal_contributors_by_namer ON goal_contributors (named_by_id);
