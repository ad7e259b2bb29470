DROP TABLE minutes_correction_assents;
DROP TABLE minutes_corrections;
DROP TABLE correction_requests;
CREATE TABLE minutes_before (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'published')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    -- The version of the text that counts.
    number INTEGER NOT NULL CHECK (number >= 1),
    approved_at INTEGER,
    published_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'draft') = (approved_at IS NULL)),
    CHECK ((state = 'published') = (published_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO minutes_before
SELECT id, meeting_id, CASE WHEN approved_at IS NULL THEN 'draft' ELSE state END, visibility, number, approved_at,
    published_at, version, created_at, updated_at
FROM minutes;
CREATE TABLE minutes_versions_before (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes_before (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    written_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO minutes_versions_before
SELECT id, minutes_id, number, text, visibility, written_by_id, created_at FROM minutes_versions;
CREATE TABLE minutes_signatures (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes_before (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was written anew.
    voided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO minutes_signatures SELECT id, minutes_id, side, seat_id, account_id, voided_at, created_at FROM minutes_assents;
DROP TABLE minutes_assents;
DROP TABLE minutes_versions;
DROP TABLE minutes;
ALTER TABLE minutes_before RENAME TO minutes;
ALTER TABLE minutes_versions_before RENAME TO minutes_versions;
CREATE UNIQUE INDEX minutes_one_each ON minutes (meeting_id);
CREATE UNIQUE INDEX minutes_versions_in_order ON minutes_versions (minutes_id, number);
CREATE INDEX minutes_versions_by_writer ON minutes_versions (written_by_id);
CREATE UNIQUE INDEX minutes_signatures_one_per_side ON minutes_signatures (minutes_id, side) WHERE voided_at IS NULL;
CREATE INDEX minutes_signatures_of_minutes ON minutes_signatures (minutes_id);
CREATE INDEX minutes_signatures_of_seat ON minutes_signatures (seat_id);
CREATE INDEX minutes_signatures_of_account ON minutes_signatures (account_id);
