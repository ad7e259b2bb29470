ALTER TABLE minutes DROP COLUMN declined_at;
ALTER TABLE minutes DROP COLUMN maintained_requests;
CREATE TABLE correction_requests_before (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    -- The version of the text that it is about.
    text_number INTEGER NOT NULL CHECK (text_number >= 1),
    passage TEXT,
    proposal TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
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
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state IN ('accepted', 'declined')) = (answered_by_id IS NOT NULL)),
    CHECK ((state = 'declined') = (decline_reason IS NOT NULL)),
    CHECK ((state = 'accepted') = (accepted_number IS NOT NULL)),
    CHECK (accepted_number > text_number)
) STRICT, WITHOUT ROWID;
INSERT INTO correction_requests_before
SELECT id, minutes_id, text_number, passage, proposal, CASE state WHEN 'maintained' THEN 'declined' ELSE state END,
    requested_by_id, CASE WHEN state <> 'withdrawn' THEN answered_by_id END,
    CASE WHEN state IN ('declined', 'maintained') THEN decline_reason END, accepted_number, closed_at, version, created_at,
    updated_at
FROM correction_requests;
DROP TABLE correction_requests;
ALTER TABLE correction_requests_before RENAME TO correction_requests;
CREATE INDEX correction_requests_of_minutes ON correction_requests (minutes_id, created_at, id);
CREATE INDEX correction_requests_by_requester ON correction_requests (requested_by_id);
CREATE INDEX correction_requests_by_answerer ON correction_requests (answered_by_id);
DROP TABLE minutes_redactions;
ALTER TABLE minutes_corrections DROP COLUMN redactions;
