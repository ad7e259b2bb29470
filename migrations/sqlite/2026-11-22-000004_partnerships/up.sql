CREATE TABLE partnerships (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'declined', 'forming', 'active', 'dormant', 'suspended', 'closed')),
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    host_agency_id BLOB NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    -- Its own GeoJSON Polygon or MultiPolygon within or across areas, and the bounding box of that.
    geometry TEXT,
    min_lon REAL,
    min_lat REAL,
    max_lon REAL,
    max_lat REAL,
    catalyst_type TEXT NOT NULL CHECK (catalyst_type IN ('common_goal', 'shared_problem', 'specific_task')),
    catalyst_statement TEXT NOT NULL,
    -- How anybody can reach the partnership.
    public_contact TEXT,
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Who accepted or declined it, when, why.
    decided_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at INTEGER,
    decision_reason TEXT,
    -- When an unanswered proposal was escalated to the next contact.
    escalated_at INTEGER,
    -- The first meeting with both sides and approved minutes, and when it was held. No foreign key: meetings stand on
    -- partnerships, and a partnership only remembers which one counted.
    first_meeting BLOB,
    first_meeting_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((geometry IS NULL) = (min_lon IS NULL) AND (geometry IS NULL) = (min_lat IS NULL)
        AND (geometry IS NULL) = (max_lon IS NULL) AND (geometry IS NULL) = (max_lat IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX partnerships_in_order ON partnerships (name_key, id);
CREATE INDEX partnerships_of_area ON partnerships (area_id, name_key, id);
CREATE INDEX partnerships_of_agency ON partnerships (host_agency_id, name_key, id);
CREATE INDEX partnerships_by_proposer ON partnerships (proposed_by_id);
CREATE INDEX partnerships_by_decider ON partnerships (decided_by_id);
CREATE INDEX partnerships_waiting ON partnerships (created_at) WHERE state = 'proposed';
CREATE INDEX partnerships_by_latitude ON partnerships (min_lat, max_lat) WHERE min_lat IS NOT NULL;

-- Who started it: more than one person or group.
CREATE TABLE founders (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('person', 'group')),
    name TEXT NOT NULL,
    sector TEXT CHECK (sector IN ('residents_group', 'neighborhood_watch', 'business_or_merchant_association', 'citizen_activist_group', 'faith', 'school_or_youth', 'health_or_social_service', 'public_service_agency', 'local_government', 'philanthropy', 'media', 'other')),
    account_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    CHECK ((kind = 'group') = (sector IS NOT NULL)),
    CHECK (kind = 'person' OR account_id IS NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX founders_in_order ON founders (partnership_id, position);
CREATE INDEX founders_of_account ON founders (account_id);

CREATE TABLE memberships (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Computed from the account's kind when the membership began.
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    role TEXT NOT NULL CHECK (role IN ('member', 'facilitator', 'secretary', 'communicator', 'patrol_coordinator', 'block_captain', 'resource_steward', 'observer')),
    state TEXT NOT NULL CHECK (state IN ('requested', 'active', 'declined', 'left', 'removed')),
    -- What the person wrote with the request.
    message TEXT,
    joined_at INTEGER,
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('declined', 'left', 'removed')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'active' OR joined_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX memberships_one_each ON memberships (partnership_id, account_id) WHERE state IN ('requested', 'active');
CREATE INDEX memberships_of_partnership ON memberships (partnership_id, created_at, id);
CREATE INDEX memberships_of_account ON memberships (account_id, state, partnership_id);

CREATE TABLE membership_invitations (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'revoked')),
    invited_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    membership_id BLOB REFERENCES memberships (id) ON DELETE RESTRICT,
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'accepted') = (membership_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX membership_invitations_one_open ON membership_invitations (partnership_id, email_key) WHERE state = 'open';
CREATE INDEX membership_invitations_of_partnership ON membership_invitations (partnership_id, created_at, id);
CREATE INDEX membership_invitations_of_address ON membership_invitations (email_key, created_at, id);
CREATE INDEX membership_invitations_by_inviter ON membership_invitations (invited_by_id);
CREATE INDEX membership_invitations_of_membership ON membership_invitations (membership_id);

-- Leadership seats: per side a primary and a deputy.
CREATE TABLE leadership_seats (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    membership_id BLOB NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    kind TEXT NOT NULL CHECK (kind IN ('primary', 'deputy')),
    state TEXT NOT NULL CHECK (state IN ('nominated', 'declined', 'active', 'ended')),
    selection_method TEXT NOT NULL CHECK (selection_method IN ('consensus', 'appointed_by_agency', 'acting')),
    -- Length of an acting term, where one was wanted.
    acting_days INTEGER CHECK (acting_days BETWEEN 1 AND 90),
    nominated_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    accepted_at INTEGER,
    term_starts_on TEXT,
    term_ends_on TEXT,
    ended_at INTEGER,
    end_reason TEXT CHECK (end_reason IN ('term', 'resigned', 'removed', 'moved', 'verification_lost', 'declined')),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('declined', 'ended')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'active' OR (accepted_at IS NOT NULL AND term_starts_on IS NOT NULL AND term_ends_on IS NOT NULL)),
    CHECK (term_ends_on IS NULL OR term_ends_on > term_starts_on)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX leadership_seats_one_active ON leadership_seats (partnership_id, side, kind) WHERE state = 'active';
CREATE UNIQUE INDEX leadership_seats_one_each ON leadership_seats (partnership_id, account_id) WHERE state IN ('nominated', 'active');
CREATE INDEX leadership_seats_of_partnership ON leadership_seats (partnership_id, created_at, id);
CREATE INDEX leadership_seats_of_membership ON leadership_seats (membership_id);
CREATE INDEX leadership_seats_of_account ON leadership_seats (account_id, state);
CREATE INDEX leadership_seats_by_nominator ON leadership_seats (nominated_by_id);
CREATE INDEX leadership_seats_ending ON leadership_seats (term_ends_on) WHERE state = 'active';

-- Versions of the mission text.
CREATE TABLE missions (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'adopted', 'superseded', 'withdrawn')),
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    adopted_at INTEGER,
    review_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX missions_in_order ON missions (partnership_id, number);
CREATE UNIQUE INDEX missions_one_proposed ON missions (partnership_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX missions_one_adopted ON missions (partnership_id) WHERE state = 'adopted';
CREATE INDEX missions_by_proposer ON missions (proposed_by_id);

-- Until consensus decides, a leader of each side signs, and neither can alone.
CREATE TABLE mission_signatures (
    id BLOB PRIMARY KEY NOT NULL,
    mission_id BLOB NOT NULL REFERENCES missions (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX mission_signatures_one_per_side ON mission_signatures (mission_id, side);
CREATE INDEX mission_signatures_of_seat ON mission_signatures (seat_id);
CREATE INDEX mission_signatures_of_account ON mission_signatures (account_id);

CREATE TABLE goals (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('backlog', 'draft', 'proposed', 'adopted', 'in_progress', 'achieved', 'partly_achieved', 'not_achieved', 'superseded', 'abandoned')),
    target_on TEXT NOT NULL,
    created_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    proposed_at INTEGER,
    adopted_at INTEGER,
    started_at INTEGER,
    closed_at INTEGER,
    -- The result that a leader put up for signing, with the assessment that says why.
    closing_result TEXT CHECK (closing_result IN ('achieved', 'partly_achieved', 'not_achieved', 'superseded', 'abandoned')),
    assessment TEXT,
    evidence TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((closing_result IS NULL) = (assessment IS NULL)),
    CHECK (state NOT IN ('adopted', 'in_progress', 'achieved', 'partly_achieved', 'not_achieved') OR adopted_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX goals_one_current ON goals (partnership_id) WHERE state IN ('proposed', 'adopted', 'in_progress');
CREATE INDEX goals_of_partnership ON goals (partnership_id, created_at, id);
CREATE INDEX goals_by_creator ON goals (created_by_id);

CREATE TABLE goal_signatures (
    id BLOB PRIMARY KEY NOT NULL,
    goal_id BLOB NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    purpose TEXT NOT NULL CHECK (purpose IN ('adopt', 'close')),
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was taken back.
    voided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX goal_signatures_one_per_side ON goal_signatures (goal_id, purpose, side) WHERE voided_at IS NULL;
CREATE INDEX goal_signatures_of_goal ON goal_signatures (goal_id);
CREATE INDEX goal_signatures_of_seat ON goal_signatures (seat_id);
CREATE INDEX goal_signatures_of_account ON goal_signatures (account_id);

CREATE TABLE objectives (
    id BLOB PRIMARY KEY NOT NULL,
    goal_id BLOB NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 5),
    title TEXT NOT NULL,
    indicator TEXT NOT NULL,
    unit TEXT NOT NULL,
    source TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('increase', 'decrease', 'maintain', 'do')),
    baseline REAL,
    baseline_on TEXT,
    target REAL,
    tolerance REAL CHECK (tolerance >= 0),
    due_on TEXT NOT NULL,
    weight INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 5),
    owner_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    side TEXT CHECK (side IN ('civilian', 'police', 'agency')),
    withdrawn_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((baseline IS NULL) = (baseline_on IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX objectives_in_order ON objectives (goal_id, position) WHERE withdrawn_at IS NULL;
CREATE INDEX objectives_of_goal ON objectives (goal_id, created_at, id);
CREATE INDEX objectives_of_owner ON objectives (owner_id);

-- Append-only; a correction is a new row that points at the old one.
CREATE TABLE measurements (
    id BLOB PRIMARY KEY NOT NULL,
    objective_id BLOB NOT NULL REFERENCES objectives (id) ON DELETE RESTRICT,
    value REAL NOT NULL,
    measured_on TEXT NOT NULL,
    source TEXT NOT NULL,
    measured_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    corrects_id BLOB REFERENCES measurements (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX measurements_of_objective ON measurements (objective_id, measured_on, id);
CREATE UNIQUE INDEX measurements_one_correction ON measurements (corrects_id);
CREATE INDEX measurements_by_person ON measurements (measured_by_id);
