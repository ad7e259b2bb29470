-- Versions of a partnership's communication plan.
CREATE TABLE communication_plans (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    state TEXT NOT NULL CHECK (state IN ('draft', 'proposed', 'adopted', 'superseded', 'withdrawn')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    -- Classes of decisions on which members are consulted first.
    shared_decision_rule TEXT NOT NULL,
    confidentiality_note TEXT,
    review_on TEXT,
    written_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    proposed_at INTEGER,
    adopted_at INTEGER,
    -- When it was superseded or withdrawn.
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL)),
    CHECK ((state IN ('superseded', 'withdrawn')) = (ended_at IS NOT NULL)),
    CHECK (state NOT IN ('proposed', 'adopted') OR (proposed_at IS NOT NULL AND review_on IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX communication_plans_in_order ON communication_plans (partnership_id, number);
CREATE UNIQUE INDEX communication_plans_one_proposed ON communication_plans (partnership_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX communication_plans_one_adopted ON communication_plans (partnership_id) WHERE state = 'adopted';
CREATE INDEX communication_plans_by_writer ON communication_plans (written_by_id);

-- How messages go out.
CREATE TABLE plan_techniques (
    id BLOB PRIMARY KEY NOT NULL,
    plan_id BLOB NOT NULL REFERENCES communication_plans (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('meeting', 'email', 'sms', 'app_push', 'phone_call', 'phone_tree', 'door_to_door', 'flyer', 'newsletter', 'notice_board', 'website', 'feed', 'social_media', 'radio_press', 'translated', 'one_to_one')),
    purpose TEXT NOT NULL CHECK (purpose IN ('inform', 'consult', 'involve', 'collaborate', 'empower')),
    audience TEXT NOT NULL,
    owner_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    frequency TEXT NOT NULL CHECK (frequency IN ('as_needed', 'daily', 'weekly', 'fortnightly', 'monthly', 'quarterly', 'yearly')),
    -- Members who are to be reached, percent.
    reach_target INTEGER CHECK (reach_target BETWEEN 1 AND 100)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX plan_techniques_in_order ON plan_techniques (plan_id, position);
CREATE INDEX plan_techniques_of_owner ON plan_techniques (owner_id);

-- What is done when something happens.
CREATE TABLE plan_procedures (
    id BLOB PRIMARY KEY NOT NULL,
    plan_id BLOB NOT NULL REFERENCES communication_plans (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 1),
    trigger TEXT NOT NULL,
    steps TEXT NOT NULL,
    response_time_hours INTEGER NOT NULL CHECK (response_time_hours BETWEEN 1 AND 720),
    approver_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    -- What is done where there is no network.
    fallback_offline TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX plan_procedures_in_order ON plan_procedures (plan_id, position);
CREATE INDEX plan_procedures_of_approver ON plan_procedures (approver_id);

-- By whom messages are carried.
CREATE TABLE plan_individuals (
    id BLOB PRIMARY KEY NOT NULL,
    plan_id BLOB NOT NULL REFERENCES communication_plans (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 1),
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Computed from the membership.
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    scope TEXT NOT NULL CHECK (scope IN ('spokesperson', 'liaison', 'block_captain', 'translator')),
    languages TEXT NOT NULL,
    backup_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT CHECK (backup_id <> account_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX plan_individuals_in_order ON plan_individuals (plan_id, position);
CREATE INDEX plan_individuals_of_account ON plan_individuals (account_id);
CREATE INDEX plan_individuals_of_backup ON plan_individuals (backup_id);

-- Until consensus decides, a leader of each side signs, and neither can alone.
CREATE TABLE plan_signatures (
    id BLOB PRIMARY KEY NOT NULL,
    plan_id BLOB NOT NULL REFERENCES communication_plans (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was taken back.
    voided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX plan_signatures_one_per_side ON plan_signatures (plan_id, side) WHERE voided_at IS NULL;
CREATE INDEX plan_signatures_of_plan ON plan_signatures (plan_id);
CREATE INDEX plan_signatures_of_seat ON plan_signatures (seat_id);
CREATE INDEX plan_signatures_of_account ON plan_signatures (account_id);
