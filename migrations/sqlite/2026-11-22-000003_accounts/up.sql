CREATE TABLE accounts (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('citizen', 'officer', 'commander', 'agency_staff', 'administrator')),
    state TEXT NOT NULL CHECK (state IN ('pending_verification', 'active', 'suspended', 'closed')),
    email TEXT,
    email_key TEXT,
    display_name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- What other members see instead of the display name, if set.
    alias TEXT,
    phone TEXT,
    -- Whether members of one's partnerships see mail address and telephone number.
    shares_contact INTEGER NOT NULL CHECK (shares_contact IN (0, 1)),
    password_hash TEXT,
    agency_id BLOB REFERENCES agencies (id) ON DELETE RESTRICT,
    badge_number TEXT,
    rank TEXT,
    unit TEXT,
    -- Last day on which an officer's or commander's verification counts.
    verified_until TEXT,
    max_hours_month INTEGER CHECK (max_hours_month BETWEEN 0 AND 744),
    closed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (state = 'closed' OR (email IS NOT NULL AND email_key IS NOT NULL AND password_hash IS NOT NULL)),
    CHECK (kind IN ('citizen', 'administrator') OR agency_id IS NOT NULL),
    CHECK ((kind IN ('officer', 'commander')) = (verified_until IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_one_email ON accounts (email_key);
CREATE INDEX accounts_of_agency ON accounts (agency_id, name_key, id);
CREATE INDEX accounts_in_order ON accounts (name_key, id);
CREATE INDEX accounts_administrators ON accounts (state, id) WHERE kind = 'administrator';

-- One login, from one device, until it ends. Access tokens name it; without it they count for nothing.
CREATE TABLE sessions (
    id BLOB PRIMARY KEY NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- How and when the person last proved who they are (RFC 8176 names, separated by blanks).
    amr TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    device TEXT,
    ip TEXT NOT NULL,
    refreshed_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT CHECK (end_reason IN ('logged_out', 'ended_by_owner', 'password_changed', 'token_reused', 'suspended', 'closed', 'too_many')),
    created_at INTEGER NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_account ON sessions (account_id, created_at, id);

-- A family per session: each token has at most one successor.
CREATE TABLE refresh_tokens (
    id BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent_id BLOB REFERENCES refresh_tokens (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    used_at INTEGER,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX refresh_tokens_one_digest ON refresh_tokens (digest);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE UNIQUE INDEX refresh_tokens_one_successor ON refresh_tokens (parent_id);

-- Officers, staff and administrators come by invitation only.
CREATE TABLE invitations (
    id BLOB PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('officer', 'commander', 'agency_staff', 'administrator')),
    agency_id BLOB REFERENCES agencies (id) ON DELETE RESTRICT,
    badge_number TEXT,
    rank TEXT,
    digest BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'revoked')),
    invited_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    account_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    expires_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'accepted') = (account_id IS NOT NULL)),
    CHECK (kind = 'administrator' OR agency_id IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invitations_one_digest ON invitations (digest);
CREATE UNIQUE INDEX invitations_one_open ON invitations (email_key) WHERE state = 'open';
CREATE INDEX invitations_of_agency ON invitations (agency_id, created_at, id);
CREATE INDEX invitations_by_inviter ON invitations (invited_by_id);
CREATE INDEX invitations_of_account ON invitations (account_id);
CREATE INDEX invitations_in_order ON invitations (created_at, id);

-- One-time tokens sent by mail.
CREATE TABLE mail_tokens (
    id BLOB PRIMARY KEY NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    digest BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX mail_tokens_one_digest ON mail_tokens (digest);
CREATE INDEX mail_tokens_of_account ON mail_tokens (account_id, purpose);

-- What people can, like and want to learn: tasks are given by interest and skill.
CREATE TABLE account_skills (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    skill_key TEXT NOT NULL,
    skill TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),
    evidence TEXT,
    CONSTRAINT account_skills_pkey PRIMARY KEY (account_id, skill_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_skills_by_skill ON account_skills (skill_key, level, account_id);

CREATE TABLE account_interests (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    topic_key TEXT NOT NULL,
    topic TEXT NOT NULL,
    strength INTEGER NOT NULL CHECK (strength BETWEEN 1 AND 3),
    CONSTRAINT account_interests_pkey PRIMARY KEY (account_id, topic_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_interests_by_topic ON account_interests (topic_key, strength, account_id);

CREATE TABLE account_growth (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    skill_key TEXT NOT NULL,
    skill TEXT NOT NULL,
    CONSTRAINT account_growth_pkey PRIMARY KEY (account_id, skill_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_growth_by_skill ON account_growth (skill_key, account_id);

CREATE TABLE account_languages (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    CONSTRAINT account_languages_pkey PRIMARY KEY (account_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_languages_by_language ON account_languages (language, account_id);

-- Who is on duty where: officers see the partnerships of the areas that they are assigned to, and all areas within.
CREATE TABLE assignments (
    id BLOB PRIMARY KEY NOT NULL,
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    role TEXT NOT NULL CHECK (role IN ('officer', 'commander', 'delegate')),
    starts_on TEXT NOT NULL,
    ends_on TEXT,
    duty_phone TEXT,
    duty_email TEXT,
    bio TEXT,
    -- Whether the public directory shows it.
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (ends_on IS NULL OR ends_on >= starts_on)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX assignments_one_each ON assignments (area_id, account_id, role) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX assignments_one_commander ON assignments (area_id) WHERE role = 'commander' AND ended_at IS NULL;
CREATE INDEX assignments_of_account ON assignments (account_id, area_id);
CREATE INDEX assignments_of_area ON assignments (area_id, id);
