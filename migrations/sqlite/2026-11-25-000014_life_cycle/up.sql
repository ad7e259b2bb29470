-- Where a partnership is in its life, beside its state: what every page about it does not need is not in its own row.
CREATE TABLE life_cycles (
    partnership_id BLOB PRIMARY KEY NOT NULL REFERENCES partnerships (id) ON DELETE CASCADE,
    -- The adopted communication plan and the review of the needs. No foreign keys: both stand on partnerships, and a
    -- partnership only remembers which one counted.
    communication_plan BLOB,
    communication_plan_at INTEGER,
    resources_review BLOB,
    resources_review_at INTEGER,
    -- When both sides had a leader for the first time.
    led_at INTEGER,
    -- Since when a side that was led is not.
    leadership_gap_since INTEGER,
    -- When the formation checklist was last complete.
    activated_at INTEGER,
    -- The last thing that keeps it from being dormant, the last warning (days), and when the next step is due.
    last_activity_at INTEGER,
    dormancy_warned_days INTEGER CHECK (dormancy_warned_days IN (60, 80)),
    dormancy_due_at INTEGER,
    dormant_at INTEGER,
    -- The yearly confirmation: its day, when leaders were asked, since when it has been missing.
    confirmation_due_on TEXT,
    confirmation_asked_at INTEGER,
    unconfirmed_since INTEGER,
    closed_at INTEGER,
    closing_reason TEXT CHECK (closing_reason IN ('goal_achieved', 'merged_into', 'split_into', 'inactive', 'withdrawn', 'other')),
    closing_statement TEXT,
    CHECK ((communication_plan IS NULL) = (communication_plan_at IS NULL)),
    CHECK ((resources_review IS NULL) = (resources_review_at IS NULL)),
    CHECK ((closed_at IS NULL) = (closing_reason IS NULL) AND (closed_at IS NULL) = (closing_statement IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX life_cycles_in_gap ON life_cycles (leadership_gap_since) WHERE leadership_gap_since IS NOT NULL;
CREATE INDEX life_cycles_dormancy_due ON life_cycles (dormancy_due_at) WHERE dormancy_due_at IS NOT NULL;
CREATE INDEX life_cycles_confirmation_due ON life_cycles (confirmation_due_on) WHERE confirmation_due_on IS NOT NULL AND unconfirmed_since IS NULL;

-- What leaders of both sides sign about the partnership itself: waivers, closing, reactivation, the yearly confirmation.
CREATE TABLE agreements (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('waiver', 'closing', 'reactivation', 'confirmation')),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'agreed', 'withdrawn')),
    -- The item of the checklist that is waived.
    item TEXT CHECK (item IN ('resources_reviewed', 'member_profile')),
    -- Why it is waived or closed, in words: a waiver's reason, a closing's statement.
    statement TEXT,
    closing_reason TEXT CHECK (closing_reason IN ('goal_achieved', 'merged_into', 'split_into', 'inactive', 'withdrawn', 'other')),
    reference TEXT,
    -- Partnerships that go on with it, and what is left open on purpose.
    successors TEXT NOT NULL,
    left_open TEXT NOT NULL,
    -- The meeting with which a dormant partnership begins anew. No foreign key: meetings stand on partnerships.
    meeting BLOB,
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The administrator who closed it in place of a side that did not sign.
    administrator_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When it was agreed or withdrawn.
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'proposed') = (ended_at IS NULL)),
    CHECK ((kind = 'waiver') = (item IS NOT NULL)),
    CHECK ((kind = 'closing') = (closing_reason IS NOT NULL)),
    CHECK ((kind IN ('waiver', 'closing')) = (statement IS NOT NULL)),
    CHECK ((kind = 'reactivation') = (meeting IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX agreements_one_waiver ON agreements (partnership_id, item) WHERE kind = 'waiver' AND state <> 'withdrawn';
CREATE UNIQUE INDEX agreements_one_proposed ON agreements (partnership_id, kind) WHERE kind <> 'waiver' AND state = 'proposed';
CREATE INDEX agreements_of_partnership ON agreements (partnership_id, created_at, id);
CREATE INDEX agreements_by_proposer ON agreements (proposed_by_id);
CREATE INDEX agreements_by_administrator ON agreements (administrator_id);

CREATE TABLE agreement_signatures (
    id BLOB PRIMARY KEY NOT NULL,
    agreement_id BLOB NOT NULL REFERENCES agreements (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX agreement_signatures_one_per_side ON agreement_signatures (agreement_id, side);
CREATE INDEX agreement_signatures_of_seat ON agreement_signatures (seat_id);
CREATE INDEX agreement_signatures_of_account ON agreement_signatures (account_id);

-- Stopped by an administrator or the area's commander, for review.
CREATE TABLE suspensions (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    -- Where the partnership stood, and stands again once it is lifted.
    from_state TEXT NOT NULL CHECK (from_state IN ('forming', 'active', 'dormant')),
    reason TEXT NOT NULL,
    review_on TEXT NOT NULL,
    suspended_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    lifted_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    lifted_at INTEGER,
    lifting_reason TEXT,
    created_at INTEGER NOT NULL,
    CHECK ((lifted_at IS NULL) = (lifting_reason IS NULL)),
    CHECK (lifted_by_id IS NULL OR lifted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX suspensions_one_open ON suspensions (partnership_id) WHERE lifted_at IS NULL;
CREATE INDEX suspensions_of_partnership ON suspensions (partnership_id, created_at, id);
CREATE INDEX suspensions_by_suspender ON suspensions (suspended_by_id);
CREATE INDEX suspensions_by_lifter ON suspensions (lifted_by_id);
