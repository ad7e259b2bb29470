-- Where a partnership is in its life, beside its state: what every page about it does not need is not in its own row.
CREATE TABLE life_cycles (
    partnership_id uuid PRIMARY KEY NOT NULL REFERENCES partnerships (id) ON DELETE CASCADE,
    -- The adopted communication plan and the review of the needs. No foreign keys: both stand on partnerships, and a
    -- partnership only remembers which one counted.
    communication_plan uuid,
    communication_plan_at timestamptz,
    resources_review uuid,
    resources_review_at timestamptz,
    -- When both sides had a leader for the first time.
    led_at timestamptz,
    -- Since when a side that was led is not.
    leadership_gap_since timestamptz,
    -- When the formation checklist was last complete.
    activated_at timestamptz,
    -- The last thing that keeps it from being dormant, the last warning (days), and when the next step is due.
    last_activity_at timestamptz,
    dormancy_warned_days integer CHECK (dormancy_warned_days IN (60, 80)),
    dormancy_due_at timestamptz,
    dormant_at timestamptz,
    -- The yearly confirmation: its day, when leaders were asked, since when it has been missing.
    confirmation_due_on date,
    confirmation_asked_at timestamptz,
    unconfirmed_since timestamptz,
    closed_at timestamptz,
    closing_reason text CHECK (closing_reason IN ('goal_achieved', 'merged_into', 'split_into', 'inactive', 'withdrawn', 'other')),
    closing_statement text,
    CHECK ((communication_plan IS NULL) = (communication_plan_at IS NULL)),
    CHECK ((resources_review IS NULL) = (resources_review_at IS NULL)),
    CHECK ((closed_at IS NULL) = (closing_reason IS NULL) AND (closed_at IS NULL) = (closing_statement IS NULL))
);
CREATE INDEX life_cycles_in_gap ON life_cycles (leadership_gap_since) WHERE leadership_gap_since IS NOT NULL;
CREATE INDEX life_cycles_dormancy_due ON life_cycles (dormancy_due_at) WHERE dormancy_due_at IS NOT NULL;
CREATE INDEX life_cycles_confirmation_due ON life_cycles (confirmation_due_on) WHERE confirmation_due_on IS NOT NULL AND unconfirmed_since IS NULL;

-- What leaders of both sides sign about the partnership itself: waivers, closing, reactivation, the yearly confirmation.
CREATE TABLE agreements (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('waiver', 'closing', 'reactivation', 'confirmation')),
    state text NOT NULL CHECK (state IN ('proposed', 'agreed', 'withdrawn')),
    -- The item of the checklist that is waived.
    item text CHECK (item IN ('resources_reviewed', 'member_profile')),
    -- Why it is waived or closed, in words: a waiver's reason, a closing's statement.
    statement text,
    closing_reason text CHECK (closing_reason IN ('goal_achieved', 'merged_into', 'split_into', 'inactive', 'withdrawn', 'other')),
    reference text,
    -- Partnerships that go on with it, and what is left open on purpose.
    successors jsonb NOT NULL,
    left_open jsonb NOT NULL,
    -- The meeting with which a dormant partnership begins anew. No foreign key: meetings stand on partnerships.
    meeting uuid,
    proposed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The administrator who closed it in place of a side that did not sign.
    administrator_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When it was agreed or withdrawn.
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'proposed') = (ended_at IS NULL)),
    CHECK ((kind = 'waiver') = (item IS NOT NULL)),
    CHECK ((kind = 'closing') = (closing_reason IS NOT NULL)),
    CHECK ((kind IN ('waiver', 'closing')) = (statement IS NOT NULL)),
    CHECK ((kind = 'reactivation') = (meeting IS NOT NULL))
);
CREATE UNIQUE INDEX agreements_one_waiver ON agreements (partnership_id, item) WHERE kind = 'waiver' AND state <> 'withdrawn';
CREATE UNIQUE INDEX agreements_one_proposed ON agreements (partnership_id, kind) WHERE kind <> 'waiver' AND state = 'proposed';
CREATE INDEX agreements_of_partnership ON agreements (partnership_id, created_at, id);
CREATE INDEX agreements_by_proposer ON agreements (proposed_by_id);
CREATE INDEX agreements_by_administrator ON agreements (administrator_id);

CREATE TABLE agreement_signatures (
    id uuid PRIMARY KEY NOT NULL,
    agreement_id uuid NOT NULL REFERENCES agreements (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX agreement_signatures_one_per_side ON agreement_signatures (agreement_id, side);
CREATE INDEX agreement_signatures_of_seat ON agreement_signatures (seat_id);
CREATE INDEX agreement_signatures_of_account ON agreement_signatures (account_id);

-- Stopped by an administrator or the area's commander, for review.
CREATE TABLE suspensions (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    -- Where the partnership stood, and stands again once it is lifted.
    from_state text NOT NULL CHECK (from_state IN ('forming', 'active', 'dormant')),
    reason text NOT NULL,
    review_on date NOT NULL,
    suspended_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    lifted_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    lifted_at timestamptz,
    lifting_reason text,
    created_at timestamptz NOT NULL,
    CHECK ((lifted_at IS NULL) = (lifting_reason IS NULL)),
    CHECK (lifted_by_id IS NULL OR lifted_at IS NOT NULL)
);
CREATE UNIQUE INDEX suspensions_one_open ON suspensions (partnership_id) WHERE lifted_at IS NULL;
CREATE INDEX suspensions_of_partnership ON suspensions (partnership_id, created_at, id);
CREATE INDEX suspensions_by_suspender ON suspensions (suspended_by_id);
CREATE INDEX suspensions_by_lifter ON suspensions (lifted_by_id);
