-- Minutes are circulated, and approved by silent consent or by a decision of both sides. Signatures are assents from now on.
-- What was approved by signatures stays approved, and a draft keeps the signature that it has.
CREATE TABLE minutes_remade (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'circulated', 'proposed', 'approved', 'published')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    -- The version of the text that counts.
    number INTEGER NOT NULL CHECK (number >= 1),
    -- When members were first written to, and when about the text as it is now.
    first_circulated_at INTEGER,
    circulated_at INTEGER,
    -- When the second of the two sides assented to the text as it is now.
    assented_at INTEGER,
    -- Requests to correct it that nobody has answered.
    open_requests INTEGER NOT NULL CHECK (open_requests >= 0),
    -- The decision on the text, the last one.
    decision_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT,
    approved_at INTEGER,
    -- How they were approved.
    approval TEXT CHECK (approval IN ('signatures', 'silent_consent', 'decision')),
    published_at INTEGER,
    -- SHA-256 of the text as members and as everybody reads it, once published. What was published before has none.
    content_hash BLOB,
    public_hash BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('approved', 'published')) = (approved_at IS NOT NULL)),
    CHECK ((approved_at IS NULL) = (approval IS NULL)),
    CHECK ((state = 'published') = (published_at IS NOT NULL)),
    CHECK ((first_circulated_at IS NULL) = (circulated_at IS NULL)),
    CHECK (state NOT IN ('circulated', 'proposed') OR circulated_at IS NOT NULL),
    CHECK (state <> 'proposed' OR decision_id IS NOT NULL),
    CHECK ((content_hash IS NULL) = (public_hash IS NULL)),
    CHECK (state = 'published' OR content_hash IS NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO minutes_remade
SELECT id, meeting_id, state, visibility, number, NULL, NULL, NULL, 0, NULL, approved_at,
    CASE WHEN approved_at IS NULL THEN NULL ELSE 'signatures' END, published_at, NULL, NULL, version, created_at, updated_at
FROM minutes;

-- Append-only.
CREATE TABLE minutes_versions_remade (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes_remade (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    -- Passages that only members read, each with its reason.
    redactions TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    written_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO minutes_versions_remade
SELECT id, minutes_id, number, text, '[]', visibility, written_by_id, created_at FROM minutes_versions;

CREATE TABLE minutes_assents (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes_remade (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was written anew, or a decision on it came to nothing.
    voided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO minutes_assents SELECT id, minutes_id, side, seat_id, account_id, voided_at, created_at FROM minutes_signatures;
DROP TABLE minutes_signatures;
DROP TABLE minutes_versions;
DROP TABLE minutes;
ALTER TABLE minutes_remade RENAME TO minutes;
ALTER TABLE minutes_versions_remade RENAME TO minutes_versions;
CREATE UNIQUE INDEX minutes_one_each ON minutes (meeting_id);
CREATE INDEX minutes_of_decision ON minutes (decision_id);
CREATE INDEX minutes_to_approve ON minutes (state, open_requests, circulated_at, id) WHERE assented_at IS NOT NULL;
CREATE UNIQUE INDEX minutes_versions_in_order ON minutes_versions (minutes_id, number);
CREATE INDEX minutes_versions_by_writer ON minutes_versions (written_by_id);
CREATE UNIQUE INDEX minutes_assents_one_per_side ON minutes_assents (minutes_id, side) WHERE voided_at IS NULL;
CREATE INDEX minutes_assents_of_minutes ON minutes_assents (minutes_id);
CREATE INDEX minutes_assents_of_seat ON minutes_assents (seat_id);
CREATE INDEX minutes_assents_of_account ON minutes_assents (account_id);

-- What members want to have otherwise in circulated minutes.
CREATE TABLE correction_requests (
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
CREATE INDEX correction_requests_of_minutes ON correction_requests (minutes_id, created_at, id);
CREATE INDEX correction_requests_by_requester ON correction_requests (requested_by_id);
CREATE INDEX correction_requests_by_answerer ON correction_requests (answered_by_id);

-- What was found wrong in published minutes: put beside them, never in place of anything.
CREATE TABLE minutes_corrections (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    reason TEXT NOT NULL,
    written_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- SHA-256 of the text as members and as everybody reads it.
    content_hash BLOB NOT NULL,
    public_hash BLOB NOT NULL,
    -- When leaders of both sides had assented: it counts since then.
    in_force_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX minutes_corrections_in_order ON minutes_corrections (minutes_id, number);
CREATE INDEX minutes_corrections_by_writer ON minutes_corrections (written_by_id);

CREATE TABLE minutes_correction_assents (
    correction_id BLOB NOT NULL REFERENCES minutes_corrections (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    CONSTRAINT minutes_correction_assents_pkey PRIMARY KEY (correction_id, side)
) STRICT, WITHOUT ROWID;
CREATE INDEX minutes_correction_assents_of_seat ON minutes_correction_assents (seat_id);
CREATE INDEX minutes_correction_assents_of_account ON minutes_correction_assents (account_id);
