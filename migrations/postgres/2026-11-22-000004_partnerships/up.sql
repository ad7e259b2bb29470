CREATE TABLE partnerships (
    id uuid PRIMARY KEY NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'declined', 'forming', 'active', 'dormant', 'suspended', 'closed')),
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    host_agency_id uuid NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    -- Its own GeoJSON Polygon or MultiPolygon within or across areas, and the bounding box of that.
    geometry jsonb,
    min_lon double precision,
    min_lat double precision,
    max_lon double precision,
    max_lat double precision,
    catalyst_type text NOT NULL CHECK (catalyst_type IN ('common_goal', 'shared_problem', 'specific_task')),
    catalyst_statement text NOT NULL,
    -- How anybody can reach the partnership.
    public_contact text,
    proposed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Who accepted or declined it, when, why.
    decided_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at timestamptz,
    decision_reason text,
    -- When an unanswered proposal was escalated to the next contact.
    escalated_at timestamptz,
    -- The first meeting with both sides and approved minutes, and when it was held. No foreign key: meetings stand on
    -- partnerships, and a partnership only remembers which one counted.
    first_meeting uuid,
    first_meeting_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((geometry IS NULL) = (min_lon IS NULL) AND (geometry IS NULL) = (min_lat IS NULL)
        AND (geometry IS NULL) = (max_lon IS NULL) AND (geometry IS NULL) = (max_lat IS NULL))
);
CREATE INDEX partnerships_in_order ON partnerships (name_key, id);
CREATE INDEX partnerships_of_area ON partnerships (area_id, name_key, id);
CREATE INDEX partnerships_of_agency ON partnerships (host_agency_id, name_key, id);
CREATE INDEX partnerships_by_proposer ON partnerships (proposed_by_id);
CREATE INDEX partnerships_by_decider ON partnerships (decided_by_id);
CREATE INDEX partnerships_waiting ON partnerships (created_at) WHERE state = 'proposed';
CREATE INDEX partnerships_by_latitude ON partnerships (min_lat, max_lat) WHERE min_lat IS NOT NULL;

-- Who started it: more than one person or group.
CREATE TABLE founders (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 1),
    kind text NOT NULL CHECK (kind IN ('person', 'group')),
    name text NOT NULL,
    sector text CHECK (sector IN ('residents_group', 'neighborhood_watch', 'business_or_merchant_association', 'citizen_activist_group', 'faith', 'school_or_youth', 'health_or_social_service', 'public_service_agency', 'local_government', 'philanthropy', 'media', 'other')),
    account_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    CHECK ((kind = 'group') = (sector IS NOT NULL)),
    CHECK (kind = 'person' OR account_id IS NULL)
);
CREATE UNIQUE INDEX founders_in_order ON founders (partnership_id, position);
CREATE INDEX founders_of_account ON founders (account_id);

CREATE TABLE memberships (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Computed from the account's kind when the membership began.
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    role text NOT NULL CHECK (role IN ('member', 'facilitator', 'secretary', 'communicator', 'patrol_coordinator', 'block_captain', 'resource_steward', 'observer')),
    state text NOT NULL CHECK (state IN ('requested', 'active', 'declined', 'left', 'removed')),
    -- What the person wrote with the request.
    message text,
    joined_at timestamptz,
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state IN ('declined', 'left', 'removed')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'active' OR joined_at IS NOT NULL)
);
CREATE UNIQUE INDEX memberships_one_each ON memberships (partnership_id, account_id) WHERE state IN ('requested', 'active');
CREATE INDEX memberships_of_partnership ON memberships (partnership_id, created_at, id);
CREATE INDEX memberships_of_account ON memberships (account_id, state, partnership_id);

CREATE TABLE membership_invitations (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    email text NOT NULL,
    email_key text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'revoked')),
    invited_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    membership_id uuid REFERENCES memberships (id) ON DELETE RESTRICT,
    expires_at timestamptz NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'accepted') = (membership_id IS NOT NULL))
);
CREATE UNIQUE INDEX membership_invitations_one_open ON membership_invitations (partnership_id, email_key) WHERE state = 'open';
CREATE INDEX membership_invitations_of_partnership ON membership_invitations (partnership_id, created_at, id);
CREATE INDEX membership_invitations_of_address ON membership_invitations (email_key, created_at, id);
CREATE INDEX membership_invitations_by_inviter ON membership_invitations (invited_by_id);
CREATE INDEX membership_invitations_of_membership ON membership_invitations (membership_id);

-- Leadership seats: per side a primary and a deputy.
CREATE TABLE leadership_seats (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    membership_id uuid NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    kind text NOT NULL CHECK (kind IN ('primary', 'deputy')),
    state text NOT NULL CHECK (state IN ('nominated', 'declined', 'active', 'ended')),
    selection_method text NOT NULL CHECK (selection_method IN ('consensus', 'appointed_by_agency', 'acting')),
    -- Length of an acting term, where one was wanted.
    acting_days integer CHECK (acting_days BETWEEN 1 AND 90),
    nominated_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    accepted_at timestamptz,
    term_starts_on date,
    term_ends_on date,
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('term', 'resigned', 'removed', 'moved', 'verification_lost', 'declined')),
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state IN ('declined', 'ended')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'active' OR (accepted_at IS NOT NULL AND term_starts_on IS NOT NULL AND term_ends_on IS NOT NULL)),
    CHECK (term_ends_on IS NULL OR term_ends_on > term_starts_on)
);
CREATE UNIQUE INDEX leadership_seats_one_active ON leadership_seats (partnership_id, side, kind) WHERE state = 'active';
CREATE UNIQUE INDEX leadership_seats_one_each ON leadership_seats (partnership_id, account_id) WHERE state IN ('nominated', 'active');
CREATE INDEX leadership_seats_of_partnership ON leadership_seats (partnership_id, created_at, id);
CREATE INDEX leadership_seats_of_membership ON leadership_seats (membership_id);
CREATE INDEX leadership_seats_of_account ON leadership_seats (account_id, state);
CREATE INDEX leadership_seats_by_nominator ON leadership_seats (nominated_by_id);
CREATE INDEX leadership_seats_ending ON leadership_seats (term_ends_on) WHERE state = 'active';

-- Versions of the mission text.
CREATE TABLE missions (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    text text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'adopted', 'superseded', 'withdrawn')),
    proposed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    adopted_at timestamptz,
    review_on date,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL))
);
CREATE UNIQUE INDEX missions_in_order ON missions (partnership_id, number);
CREATE UNIQUE INDEX missions_one_proposed ON missions (partnership_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX missions_one_adopted ON missions (partnership_id) WHERE state = 'adopted';
CREATE INDEX missions_by_proposer ON missions (proposed_by_id);

-- Until consensus decides, a leader of each side signs, and neither can alone.
CREATE TABLE mission_signatures (
    id uuid PRIMARY KEY NOT NULL,
    mission_id uuid NOT NULL REFERENCES missions (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX mission_signatures_one_per_side ON mission_signatures (mission_id, side);
CREATE INDEX mission_signatures_of_seat ON mission_signatures (seat_id);
CREATE INDEX mission_signatures_of_account ON mission_signatures (account_id);

CREATE TABLE goals (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    title text NOT NULL,
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('backlog', 'draft', 'proposed', 'adopted', 'in_progress', 'achieved', 'partly_achieved', 'not_achieved', 'superseded', 'abandoned')),
    target_on date NOT NULL,
    created_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    proposed_at timestamptz,
    adopted_at timestamptz,
    started_at timestamptz,
    closed_at timestamptz,
    -- The result that a leader put up for signing, with the assessment that says why.
    closing_result text CHECK (closing_result IN ('achieved', 'partly_achieved', 'not_achieved', 'superseded', 'abandoned')),
    assessment text,
    evidence text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((closing_result IS NULL) = (assessment IS NULL)),
    CHECK (state NOT IN ('adopted', 'in_progress', 'achieved', 'partly_achieved', 'not_achieved') OR adopted_at IS NOT NULL)
);
CREATE UNIQUE INDEX goals_one_current ON goals (partnership_id) WHERE state IN ('proposed', 'adopted', 'in_progress');
CREATE INDEX goals_of_partnership ON goals (partnership_id, created_at, id);
CREATE INDEX goals_by_creator ON goals (created_by_id);

CREATE TABLE goal_signatures (
    id uuid PRIMARY KEY NOT NULL,
    goal_id uuid NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    purpose text NOT NULL CHECK (purpose IN ('adopt', 'close')),
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was taken back.
    voided_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX goal_signatures_one_per_side ON goal_signatures (goal_id, purpose, side) WHERE voided_at IS NULL;
CREATE INDEX goal_signatures_of_goal ON goal_signatures (goal_id);
CREATE INDEX goal_signatures_of_seat ON goal_signatures (seat_id);
CREATE INDEX goal_signatures_of_account ON goal_signatures (account_id);

CREATE TABLE objectives (
    id uuid PRIMARY KEY NOT NULL,
    goal_id uuid NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    position integer NOT NULL CHECK (position BETWEEN 1 AND 5),
    title text NOT NULL,
    indicator text NOT NULL,
    unit text NOT NULL,
    source text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('increase', 'decrease', 'maintain', 'do')),
    baseline double precision,
    baseline_on date,
    target double precision,
    tolerance double precision CHECK (tolerance >= 0),
    due_on date NOT NULL,
    weight integer NOT NULL CHECK (weight BETWEEN 1 AND 5),
    owner_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    side text CHECK (side IN ('civilian', 'police', 'agency')),
    withdrawn_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((baseline IS NULL) = (baseline_on IS NULL))
);
CREATE UNIQUE INDEX objectives_in_order ON objectives (goal_id, position) WHERE withdrawn_at IS NULL;
CREATE INDEX objectives_of_goal ON objectives (goal_id, created_at, id);
CREATE INDEX objectives_of_owner ON objectives (owner_id);

-- Append-only; a correction is a new row that points at the old one.
CREATE TABLE measurements (
    id uuid PRIMARY KEY NOT NULL,
    objective_id uuid NOT NULL REFERENCES objectives (id) ON DELETE RESTRICT,
    value double precision NOT NULL,
    measured_on date NOT NULL,
    source text NOT NULL,
    measured_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    corrects_id uuid REFERENCES measurements (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE INDEX measurements_of_objective ON measurements (objective_id, measured_on, id);
CREATE UNIQUE INDEX measurements_one_correction ON measurements (corrects_id);
CREATE INDEX measurements_by_person ON measurements (measured_by_id);
