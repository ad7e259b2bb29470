CREATE TABLE accounts (
    id uuid PRIMARY KEY NOT NULL,
    kind text NOT NULL CHECK (kind IN ('citizen', 'officer', 'commander', 'agency_staff', 'administrator')),
    state text NOT NULL CHECK (state IN ('pending_verification', 'active', 'suspended', 'closed')),
    email text,
    email_key text,
    display_name text NOT NULL,
    name_key text NOT NULL,
    -- What other members see instead of the display name, if set.
    alias text,
    phone text,
    -- Whether members of one's partnerships see mail address and telephone number.
    shares_contact boolean NOT NULL,
    password_hash text,
    agency_id uuid REFERENCES agencies (id) ON DELETE RESTRICT,
    badge_number text,
    rank text,
    unit text,
    -- Last day on which an officer's or commander's verification counts.
    verified_until date,
    max_hours_month integer CHECK (max_hours_month BETWEEN 0 AND 744),
    closed_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (state = 'closed' OR (email IS NOT NULL AND email_key IS NOT NULL AND password_hash IS NOT NULL)),
    CHECK (kind IN ('citizen', 'administrator') OR agency_id IS NOT NULL),
    CHECK ((kind IN ('officer', 'commander')) = (verified_until IS NOT NULL))
);
CREATE UNIQUE INDEX accounts_one_email ON accounts (email_key);
CREATE INDEX accounts_of_agency ON accounts (agency_id, name_key, id);
CREATE INDEX accounts_in_order ON accounts (name_key, id);
CREATE INDEX accounts_administrators ON accounts (state, id) WHERE kind = 'administrator';

-- One login, from one device, until it ends. Access tokens name it; without it they count for nothing.
CREATE TABLE sessions (
    id uuid PRIMARY KEY NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- How and when the person last proved who they are (RFC 8176 names, separated by blanks).
    amr text NOT NULL,
    authenticated_at timestamptz NOT NULL,
    device text,
    ip text NOT NULL,
    refreshed_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('logged_out', 'ended_by_owner', 'password_changed', 'token_reused', 'suspended', 'closed', 'too_many')),
    created_at timestamptz NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_of_account ON sessions (account_id, created_at, id);

-- A family per session: each token has at most one successor.
CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY NOT NULL,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent_id uuid REFERENCES refresh_tokens (id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    used_at timestamptz,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX refresh_tokens_one_digest ON refresh_tokens (digest);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE UNIQUE INDEX refresh_tokens_one_successor ON refresh_tokens (parent_id);

-- Officers, staff and administrators come by invitation only.
CREATE TABLE invitations (
    id uuid PRIMARY KEY NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('officer', 'commander', 'agency_staff', 'administrator')),
    agency_id uuid REFERENCES agencies (id) ON DELETE RESTRICT,
    badge_number text,
    rank text,
    digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'revoked')),
    invited_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    account_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    expires_at timestamptz NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'accepted') = (account_id IS NOT NULL)),
    CHECK (kind = 'administrator' OR agency_id IS NOT NULL)
);
CREATE UNIQUE INDEX invitations_one_digest ON invitations (digest);
CREATE UNIQUE INDEX invitations_one_open ON invitations (email_key) WHERE state = 'open';
CREATE INDEX invitations_of_agency ON invitations (agency_id, created_at, id);
CREATE INDEX invitations_by_inviter ON invitations (invited_by_id);
CREATE INDEX invitations_of_account ON invitations (account_id);
CREATE INDEX invitations_in_order ON invitations (created_at, id);

-- One-time tokens sent by mail.
CREATE TABLE mail_tokens (
    id uuid PRIMARY KEY NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    digest bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX mail_tokens_one_digest ON mail_tokens (digest);
CREATE INDEX mail_tokens_of_account ON mail_tokens (account_id, purpose);

-- What people can, like and want to learn: tasks are given by interest and skill.
CREATE TABLE account_skills (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    skill_key text NOT NULL,
    skill text NOT NULL,
    level integer NOT NULL CHECK (level BETWEEN 1 AND 4),
    evidence text,
    CONSTRAINT account_skills_pkey PRIMARY KEY (account_id, skill_key)
);
CREATE INDEX account_skills_by_skill ON account_skills (skill_key, level, account_id);

CREATE TABLE account_interests (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    topic_key text NOT NULL,
    topic text NOT NULL,
    strength integer NOT NULL CHECK (strength BETWEEN 1 AND 3),
    CONSTRAINT account_interests_pkey PRIMARY KEY (account_id, topic_key)
);
CREATE INDEX account_interests_by_topic ON account_interests (topic_key, strength, account_id);

CREATE TABLE account_growth (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    skill_key text NOT NULL,
    skill text NOT NULL,
    CONSTRAINT account_growth_pkey PRIMARY KEY (account_id, skill_key)
);
CREATE INDEX account_growth_by_skill ON account_growth (skill_key, account_id);

CREATE TABLE account_languages (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    language text NOT NULL,
    CONSTRAINT account_languages_pkey PRIMARY KEY (account_id, language)
);
CREATE INDEX account_languages_by_language ON account_languages (language, account_id);

-- Who is on duty where: officers see the partnerships of the areas that they are assigned to, and all areas within.
CREATE TABLE assignments (
    id uuid PRIMARY KEY NOT NULL,
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    role text NOT NULL CHECK (role IN ('officer', 'commander', 'delegate')),
    starts_on date NOT NULL,
    ends_on date,
    duty_phone text,
    duty_email text,
    bio text,
    -- Whether the public directory shows it.
    is_public boolean NOT NULL,
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (ends_on IS NULL OR ends_on >= starts_on)
);
CREATE UNIQUE INDEX assignments_one_each ON assignments (area_id, account_id, role) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX assignments_one_commander ON assignments (area_id) WHERE role = 'commander' AND ended_at IS NULL;
CREATE INDEX assignments_of_account ON assignments (account_id, area_id);
CREATE INDEX assignments_of_area ON assignments (area_id, id);
