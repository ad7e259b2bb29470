-- Minutes are circulated, and approved by silent consent or by a decision of both sides. Signatures are assents from now on.
-- What was approved by signatures stays approved, and a draft keeps the signature that it has.
ALTER TABLE minutes DROP CONSTRAINT minutes_state_check, DROP CONSTRAINT minutes_check, DROP CONSTRAINT minutes_check1;
-- When members were first written to, and when about the text as it is now.
ALTER TABLE minutes ADD COLUMN first_circulated_at timestamptz;
ALTER TABLE minutes ADD COLUMN circulated_at timestamptz;
-- When the second of the two sides assented to the text as it is now.
ALTER TABLE minutes ADD COLUMN assented_at timestamptz;
-- Requests to correct it that nobody has answered.
ALTER TABLE minutes ADD COLUMN open_requests integer NOT NULL DEFAULT 0 CHECK (open_requests >= 0);
ALTER TABLE minutes ALTER COLUMN open_requests DROP DEFAULT;
-- The decision on the text, the last one.
ALTER TABLE minutes ADD COLUMN decision_id uuid REFERENCES decisions (id) ON DELETE RESTRICT;
-- How they were approved.
ALTER TABLE minutes ADD COLUMN approval text CHECK (approval IN ('signatures', 'silent_consent', 'decision'));
-- SHA-256 of the text as members and as everybody reads it, once published. What was published before has none.
ALTER TABLE minutes ADD COLUMN content_hash bytea;
ALTER TABLE minutes ADD COLUMN public_hash bytea;
UPDATE minutes SET approval = 'signatures' WHERE approved_at IS NOT NULL;
ALTER TABLE minutes
    ADD CONSTRAINT minutes_state_check CHECK (state IN ('draft', 'circulated', 'proposed', 'approved', 'published')),
    ADD CONSTRAINT minutes_when_approved CHECK ((state IN ('approved', 'published')) = (approved_at IS NOT NULL)),
    ADD CONSTRAINT minutes_how_approved CHECK ((approved_at IS NULL) = (approval IS NULL)),
    ADD CONSTRAINT minutes_when_published CHECK ((state = 'published') = (published_at IS NOT NULL)),
    ADD CONSTRAINT minutes_first_circulated CHECK ((first_circulated_at IS NULL) = (circulated_at IS NULL)),
    ADD CONSTRAINT minutes_when_circulated CHECK (state NOT IN ('circulated', 'proposed') OR circulated_at IS NOT NULL),
    ADD CONSTRAINT minutes_decided CHECK (state <> 'proposed' OR decision_id IS NOT NULL),
    ADD CONSTRAINT minutes_hashes CHECK ((content_hash IS NULL) = (public_hash IS NULL)),
    ADD CONSTRAINT minutes_hashed CHECK (state = 'published' OR content_hash IS NULL);
CREATE INDEX minutes_of_decision ON minutes (decision_id);
CREATE INDEX minutes_to_approve ON minutes (state, open_requests, circulated_at, id) WHERE assented_at IS NOT NULL;

-- Passages that only members read, each with its reason.
ALTER TABLE minutes_versions ADD COLUMN redactions jsonb NOT NULL DEFAULT '[]';
ALTER TABLE minutes_versions ALTER COLUMN redactions DROP DEFAULT;

ALTER TABLE minutes_signatures RENAME TO minutes_assents;
ALTER INDEX minutes_signatures_one_per_side RENAME TO minutes_assents_one_per_side;
ALTER INDEX minutes_signatures_of_minutes RENAME TO minutes_assents_of_minutes;
ALTER INDEX minutes_signatures_of_seat RENAME TO minutes_assents_of_seat;
ALTER INDEX minutes_signatures_of_account RENAME TO minutes_assents_of_account;

-- What members want to have otherwise in circulated minutes.
CREATE TABLE correction_requests (
    id uuid PRIMARY KEY NOT NULL,
    minutes_id uuid NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    -- The version of the text that it is about.
    text_number integer NOT NULL CHECK (text_number >= 1),
    passage text,
    proposal text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
    requested_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Who accepted or declined it.
    answered_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    decline_reason text,
    -- The version of the text that has it in.
    accepted_number integer,
    closed_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state IN ('accepted', 'declined')) = (answered_by_id IS NOT NULL)),
    CHECK ((state = 'declined') = (decline_reason IS NOT NULL)),
    CHECK ((state = 'accepted') = (accepted_number IS NOT NULL)),
    CHECK (accepted_number > text_number)
);
CREATE INDEX correction_requests_of_minutes ON correction_requests (minutes_id, created_at, id);
CREATE INDEX correction_requests_by_requester ON correction_requests (requested_by_id);
CREATE INDEX correction_requests_by_answerer ON correction_requests (answered_by_id);

-- What was found wrong in published minutes: put beside them, never in place of anything.
CREATE TABLE minutes_corrections (
    id uuid PRIMARY KEY NOT NULL,
    minutes_id uuid NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    text text NOT NULL,
    reason text NOT NULL,
    written_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- SHA-256 of the text as members and as everybody reads it.
    content_hash bytea NOT NULL,
    public_hash bytea NOT NULL,
    -- When leaders of both sides had assented: it counts since then.
    in_force_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX minutes_corrections_in_order ON minutes_corrections (minutes_id, number);
CREATE INDEX minutes_corrections_by_writer ON minutes_corrections (written_by_id);

CREATE TABLE minutes_correction_assents (
    correction_id uuid NOT NULL REFERENCES minutes_corrections (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    CONSTRAINT minutes_correction_assents_pkey PRIMARY KEY (correction_id, side)
);
CREATE INDEX minutes_correction_assents_of_seat ON minutes_correction_assents (seat_id);
CREATE INDEX minutes_correction_assents_of_account ON minutes_correction_assents (account_id);
