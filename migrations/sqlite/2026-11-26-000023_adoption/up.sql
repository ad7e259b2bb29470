-- A mission begins as a draft and is adopted by a decision. What waited for signatures is a draft again; signatures under
-- missions that were adopted by them stay.
CREATE TABLE missions_remade (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'proposed', 'adopted', 'superseded', 'withdrawn')),
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The decision by which it is, or was, adopted.
    decision_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT,
    adopted_at INTEGER,
    review_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL)),
    CHECK (state <> 'proposed' OR decision_id IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO missions_remade
SELECT id, partnership_id, number, text, CASE state WHEN 'proposed' THEN 'draft' ELSE state END, proposed_by_id, NULL,
    adopted_at, review_on, version, created_at, updated_at
FROM missions;

CREATE TABLE mission_signatures_remade (
    id BLOB PRIMARY KEY NOT NULL,
    mission_id BLOB NOT NULL REFERENCES missions_remade (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO mission_signatures_remade SELECT id, mission_id, side, seat_id, account_id, created_at
FROM mission_signatures WHERE mission_id IN (SELECT id FROM missions_remade WHERE state IN ('adopted', 'superseded'));
DROP TABLE mission_signatures;
DROP TABLE missions;
ALTER TABLE missions_remade RENAME TO missions;
ALTER TABLE mission_signatures_remade RENAME TO mission_signatures;
CREATE UNIQUE INDEX missions_in_order ON missions (partnership_id, number);
CREATE UNIQUE INDEX missions_one_proposed ON missions (partnership_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX missions_one_adopted ON missions (partnership_id) WHERE state = 'adopted';
CREATE INDEX missions_by_proposer ON missions (proposed_by_id);
CREATE INDEX missions_of_decision ON missions (decision_id);
CREATE UNIQUE INDEX mission_signatures_one_per_side ON mission_signatures (mission_id, side);
CREATE INDEX mission_signatures_of_seat ON mission_signatures (seat_id);
CREATE INDEX mission_signatures_of_account ON mission_signatures (account_id);

-- The current goal whose place it is to take, or took.
ALTER TABLE goals ADD COLUMN replaces_id BLOB REFERENCES goals (id) ON DELETE RESTRICT CHECK (replaces_id <> id);
-- The decision by which it is, or was, adopted.
ALTER TABLE goals ADD COLUMN decision_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT;
UPDATE goal_signatures SET voided_at = created_at
WHERE voided_at IS NULL AND purpose = 'adopt' AND goal_id IN (SELECT id FROM goals WHERE state = 'proposed');
UPDATE goals SET state = 'draft', proposed_at = NULL, version = version + 1 WHERE state = 'proposed';
CREATE INDEX goals_of_replaced ON goals (replaces_id);
CREATE UNIQUE INDEX goals_one_replacing ON goals (replaces_id) WHERE state IN ('backlog', 'draft');
CREATE INDEX goals_of_decision ON goals (decision_id);

-- Changes to an adopted goal and its objectives, beside the values that count until they are adopted.
CREATE TABLE goal_amendments (
    id BLOB PRIMARY KEY NOT NULL,
    goal_id BLOB NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    class TEXT NOT NULL CHECK (class IN ('goal', 'objective')),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'adopted', 'dropped')),
    reason TEXT NOT NULL,
    -- What is to change and what it is to become; and what was there before.
    changes TEXT NOT NULL,
    before TEXT NOT NULL,
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    -- When it was adopted or dropped.
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'proposed') = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX goal_amendments_in_order ON goal_amendments (goal_id, number);
CREATE UNIQUE INDEX goal_amendments_one_proposed ON goal_amendments (goal_id) WHERE state = 'proposed';
CREATE INDEX goal_amendments_by_proposer ON goal_amendments (proposed_by_id);
CREATE INDEX goal_amendments_of_decision ON goal_amendments (decision_id);
