-- Passages of a correction that only members read, each with its reason.
ALTER TABLE minutes_corrections ADD COLUMN redactions TEXT NOT NULL DEFAULT '[]';

-- What was masked in published minutes and their corrections afterwards: put beside them, never in place of anything.
CREATE TABLE minutes_redactions (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    -- Passages, each with its reason.
    redactions TEXT NOT NULL,
    -- Why they were not masked before.
    reason TEXT NOT NULL,
    -- What everybody reads otherwise since, each with its SHA-256 before and after.
    renditions TEXT NOT NULL,
    redacted_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX minutes_redactions_in_order ON minutes_redactions (minutes_id, number);
CREATE INDEX minutes_redactions_by_redacter ON minutes_redactions (redacted_by_id);
