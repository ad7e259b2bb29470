DROP TABLE goal_amendments;
DROP INDEX goals_of_decision;
DROP INDEX goals_one_replacing;
DROP INDEX goals_of_replaced;
ALTER TABLE goals DROP COLUMN decision_id;
ALTER TABLE goals DROP COLUMN replaces_id;

CREATE TABLE missions_remade (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'adopted', 'superseded', 'withdrawn')),
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    adopted_at INTEGER,
    review_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO missions_remade
SELECT id, partnership_id, number, text, CASE state WHEN 'draft' THEN 'withdrawn' ELSE state END, proposed_by_id,
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
INSERT INTO mission_signatures_remade SELECT id, mission_id, side, seat_id, account_id, created_at FROM mission_signatures;
DROP TABLE mission_signatures;
DROP TABLE missions;
ALTER TABLE missions_remade RENAME TO missions;
ALTER TABLE mission_signatures_remade RENAME TO mission_signatures;
CREATE UNIQUE INDEX missions_in_order ON missions (partnership_id, number);
CREATE UNIQUE INDEX missions_one_proposed ON missions (partnership_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX missions_one_adopted ON missions (partnership_id) WHERE state = 'adopted';
CREATE INDEX missions_by_proposer ON missions (proposed_by_id);
CREATE UNIQUE INDEX mission_signatures_one_per_side ON mission_signatures (mission_id, side);
CREATE INDEX mission_signatures_of_seat ON mission_signatures (seat_id);
CREATE INDEX mission_signatures_of_account ON mission_signatures (account_id);
