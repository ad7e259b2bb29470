-- Executive sessions: the motion as it was made, for ever (K.S.A. 75-4319). While one is open, the meeting is recessed.
CREATE TABLE executive_sessions (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    motion text NOT NULL,
    mover_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    seconder_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- One of K.S.A. 75-4319(b), as this edition of our table has it.
    justification text NOT NULL CHECK (justification IN ('nonelected_personnel', 'attorney_client', 'employment_negotiations', 'trade_secrets', 'persons_in_public_institutions', 'real_property', 'security_measures')),
    justification_edition integer NOT NULL CHECK (justification_edition >= 1),
    subjects text NOT NULL,
    resumes_at timestamptz NOT NULL,
    resume_place text NOT NULL,
    recorded_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    resumed_at timestamptz,
    resumed_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    late_minutes integer CHECK (late_minutes >= 0),
    created_at timestamptz NOT NULL,
    CHECK (mover_id <> seconder_id),
    CHECK ((resumed_at IS NULL) = (resumed_by_id IS NULL)),
    CHECK ((resumed_at IS NULL) = (late_minutes IS NULL))
);
CREATE UNIQUE INDEX executive_sessions_one_open ON executive_sessions (meeting_id) WHERE resumed_at IS NULL;
CREATE INDEX executive_sessions_of_meeting ON executive_sessions (meeting_id, created_at, id);
CREATE INDEX executive_sessions_by_mover ON executive_sessions (mover_id);
CREATE INDEX executive_sessions_by_seconder ON executive_sessions (seconder_id);
CREATE INDEX executive_sessions_by_recorder ON executive_sessions (recorded_by_id);
CREATE INDEX executive_sessions_by_resumer ON executive_sessions (resumed_by_id);

-- Decisions that were called in a meeting: the quorum then, and how they ended there.
CREATE TABLE meeting_decisions (
    id uuid PRIMARY KEY NOT NULL,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    agenda_item_id uuid REFERENCES agenda_items (id) ON DELETE RESTRICT,
    civilian_present integer NOT NULL CHECK (civilian_present >= 0),
    civilian_eligible integer NOT NULL CHECK (civilian_eligible >= 0),
    civilian_needed integer NOT NULL CHECK (civilian_needed >= 0),
    police_present integer NOT NULL CHECK (police_present >= 0),
    police_eligible integer NOT NULL CHECK (police_eligible >= 0),
    police_needed integer NOT NULL CHECK (police_needed >= 0),
    called_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- What was said was written down by somebody, in place of everybody's own stances.
    by_voice boolean NOT NULL,
    recorded_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    -- NULL where its text was changed, so that the call came to nothing.
    ending text CHECK (ending IN ('adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'withdrawn')),
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    CHECK (NOT by_voice OR recorded_by_id IS NOT NULL),
    CHECK (ending IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX meeting_decisions_one_open ON meeting_decisions (decision_id) WHERE ended_at IS NULL;
CREATE INDEX meeting_decisions_of_decision ON meeting_decisions (decision_id, created_at);
CREATE INDEX meeting_decisions_of_meeting ON meeting_decisions (meeting_id, created_at, id);
CREATE INDEX meeting_decisions_of_item ON meeting_decisions (agenda_item_id);
CREATE INDEX meeting_decisions_by_caller ON meeting_decisions (called_by_id);
CREATE INDEX meeting_decisions_by_recorder ON meeting_decisions (recorded_by_id);
