-- What the achievability test asks whoever writes the goal.
ALTER TABLE goals ADD COLUMN within_influence INTEGER CHECK (within_influence IN (0, 1));
ALTER TABLE goals ADD COLUMN influence_reason TEXT CHECK ((influence_reason IS NULL) = (within_influence IS NULL));
ALTER TABLE goals ADD COLUMN resources_plan TEXT;
-- Why it is tried although it does not pass the test.
ALTER TABLE goals ADD COLUMN override_reason TEXT;

-- Who works for a goal, by name.
CREATE TABLE goal_contributors (
    id BLOB PRIMARY KEY NOT NULL,
    goal_id BLOB NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    -- What the person does for it.
    part TEXT,
    named_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX goal_contributors_one_each ON goal_contributors (goal_id, account_id);
CREATE INDEX goal_contributors_of_account ON goal_contributors (account_id);
CREATE INDEX goal_contributors_by_namer ON goal_contributors (named_by_id);
