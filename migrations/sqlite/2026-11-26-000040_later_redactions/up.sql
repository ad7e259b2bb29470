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

-- Whoever asked for a correction can maintain it once it is declined; then minutes are approved by decision alone.
CREATE TABLE correction_requests_remade (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    -- The version of the text that it is about.
    text_number INTEGER NOT NULL CHECK (text_number >= 1),
    passage TEXT,
    proposal TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'maintained', 'withdrawn')),
    requested_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Who accepted or declined it.
    answered_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    decline_reason TEXT,
    -- The version of the text that has it in.
    accepted_number INTEGER,
    closed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- When whoever asked said that they want it all the same, after it was declined.
    maintained_at INTEGER,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (state NOT IN ('accepted', 'declined', 'maintained') OR answered_by_id IS NOT NULL),
    CHECK (state NOT IN ('declined', 'maintained') OR decline_reason IS NOT NULL),
    CHECK ((state = 'accepted') = (accepted_number IS NOT NULL)),
    CHECK (accepted_number > text_number),
    CHECK (state <> 'maintained' OR maintained_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO correction_requests_remade
SELECT id, minutes_id, text_number, passage, proposal, state, requested_by_id, answered_by_id, decline_reason, accepted_number,
    closed_at, version, created_at, updated_at, NULL
FROM correction_requests;
DROP TABLE correction_requests;
ALTER TABLE correction_requests_remade RENAME TO correction_requests;
CREATE INDEX correction_requests_of_minutes ON correction_requests (minutes_id, created_at, id);
CREATE INDEX correction_requests_by_requester ON correction_requests (requested_by_id);
CREATE INDEX correction_requests_by_answerer ON correction_requests (answered_by_id);
-- Requests that were declined and are maintained; when one was last declined.
ALTER TABLE minutes ADD COLUMN maintained_requests INTEGER NOT NULL DEFAULT 0 CHECK (maintained_requests >= 0);
ALTER TABLE minutes ADD COLUMN declined_at INTEGER;
