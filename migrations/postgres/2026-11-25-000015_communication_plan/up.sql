-- Versions of a partnership's communication plan.
CREATE TABLE communication_plans (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    state text NOT NULL CHECK (state IN ('draft', 'proposed', 'adopted', 'superseded', 'withdrawn')),
    visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
    -- Classes of decisions on which members are consulted first.
    shared_decision_rule jsonb NOT NULL,
    confidentiality_note text,
    review_on date,
    written_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    proposed_at timestamptz,
    adopted_at timestamptz,
    -- When it was superseded or withdrawn.
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL)),
    CHECK ((state IN ('superseded', 'withdrawn')) = (ended_at IS NOT NULL)),
    CHECK (state NOT IN ('proposed', 'adopted') OR (proposed_at IS NOT NULL AND review_on IS NOT NULL))
);
CREATE UNIQUE INDEX communication_plans_in_order ON communication_plans (partnership_id, number);
CREATE UNIQUE INDEX communication_plans_one_proposed ON communication_plans (partnership_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX communication_plans_one_adopted ON communication_plans (partnership_id) WHERE state = 'adopted';
CREATE INDEX communication_plans_by_writer ON communication_plans (written_by_id);

-- How messages go out.
CREATE TABLE plan_techniques (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL REFERENCES communication_plans (id) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 1),
    kind text NOT NULL CHECK (kind IN ('meeting', 'email', 'sms', 'app_push', 'phone_call', 'phone_tree', 'door_to_door', 'flyer', 'newsletter', 'notice_board', 'website', 'feed', 'social_media', 'radio_press', 'translated', 'one_to_one')),
    purpose text NOT NULL CHECK (purpose IN ('inform', 'consult', 'involve', 'collaborate', 'empower')),
    audience text NOT NULL,
    owner_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    frequency text NOT NULL CHECK (frequency IN ('as_needed', 'daily', 'weekly', 'fortnightly', 'monthly', 'quarterly', 'yearly')),
    -- Members who are to be reached, percent.
    reach_target integer CHECK (reach_target BETWEEN 1 AND 100)
);
CREATE UNIQUE INDEX plan_techniques_in_order ON plan_techniques (plan_id, position);
CREATE INDEX plan_techniques_of_owner ON plan_techniques (owner_id);

-- What is done when something happens.
CREATE TABLE plan_procedures (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL REFERENCES communication_plans (id) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 1),
    trigger text NOT NULL,
    steps jsonb NOT NULL,
    response_time_hours integer NOT NULL CHECK (response_time_hours BETWEEN 1 AND 720),
    approver_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    -- What is done where there is no network.
    fallback_offline text
);
CREATE UNIQUE INDEX plan_procedures_in_order ON plan_procedures (plan_id, position);
CREATE INDEX plan_procedures_of_approver ON plan_procedures (approver_id);

-- By whom messages are carried.
CREATE TABLE plan_individuals (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL REFERENCES communication_plans (id) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 1),
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Computed from the membership.
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    scope text NOT NULL CHECK (scope IN ('spokesperson', 'liaison', 'block_captain', 'translator')),
    languages jsonb NOT NULL,
    backup_id uuid REFERENCES accounts (id) ON DELETE RESTRICT CHECK (backup_id <> account_id)
);
CREATE UNIQUE INDEX plan_individuals_in_order ON plan_individuals (plan_id, position);
CREATE INDEX plan_individuals_of_account ON plan_individuals (account_id);
CREATE INDEX plan_individuals_of_backup ON plan_individuals (backup_id);

-- Until consensus decides, a leader of each side signs, and neither can alone.
CREATE TABLE plan_signatures (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL REFERENCES communication_plans (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was taken back.
    voided_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX plan_signatures_one_per_side ON plan_signatures (plan_id, side) WHERE voided_at IS NULL;
CREATE INDEX plan_signatures_of_plan ON plan_signatures (plan_id);
CREATE INDEX plan_signatures_of_seat ON plan_signatures (seat_id);
CREATE INDEX plan_signatures_of_account ON plan_signatures (account_id);
