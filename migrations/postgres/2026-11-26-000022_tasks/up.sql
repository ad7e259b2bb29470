-- A trusted extension (since PostgreSQL 13): the owner of the database may create it, no superuser is needed.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- What helps to give tasks to people: wishes and hours. Filters only: nothing here ever changes how well somebody fits.
CREATE TABLE account_preferences (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Whether the person wants to be asked more often than once in seven days.
    wants_more_offers boolean NOT NULL,
    CONSTRAINT account_preferences_pkey PRIMARY KEY (account_id)
);

-- When somebody usually has time, on the clock of the agency that hosts the partnership; from Monday, 1, to Sunday, 7.
CREATE TABLE account_availability (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    weekday integer NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    starts text NOT NULL,
    ends text NOT NULL,
    CONSTRAINT account_availability_pkey PRIMARY KEY (account_id, weekday, starts),
    CHECK (ends > starts)
);

-- The skills that a group has words for; tasks extend it.
CREATE TABLE group_skills (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    skill_key text NOT NULL,
    skill text NOT NULL,
    added_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX group_skills_one_each ON group_skills (partnership_id, skill_key);
CREATE INDEX group_skills_by_adder ON group_skills (added_by_id);

CREATE TABLE tasks (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    title text NOT NULL,
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'open', 'offered', 'accepted', 'in_progress', 'done', 'verified', 'cancelled')),
    purpose text NOT NULL CHECK (purpose IN ('partnership', 'goal', 'objective', 'need', 'decision', 'action_item')),
    -- What it serves. No foreign key: it stands in one of several tables, some of which stand on partnerships.
    purpose_ref uuid,
    effort_hours integer NOT NULL CHECK (effort_hours BETWEEN 1 AND 500),
    due_on date,
    starts_at timestamptz,
    ends_at timestamptz,
    place text,
    language text,
    police_role text NOT NULL CHECK (police_role IN ('none', 'support', 'lead')),
    leads_others boolean NOT NULL,
    mentor_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    created_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- An administrator lets it overlap others of whoever takes it on.
    overlap_reason text,
    overlap_allowed_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    cancel_reason text,
    closed_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((purpose = 'partnership') = (purpose_ref IS NULL)),
    CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
    CHECK (ends_at > starts_at),
    CHECK ((overlap_reason IS NULL) = (overlap_allowed_by_id IS NULL)),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CHECK ((state IN ('verified', 'cancelled')) = (closed_at IS NOT NULL))
);
CREATE INDEX tasks_of_partnership ON tasks (partnership_id, created_at, id);
CREATE INDEX tasks_by_state ON tasks (partnership_id, state, created_at, id);
CREATE INDEX tasks_by_creator ON tasks (created_by_id, created_at, id);
CREATE INDEX tasks_of_mentor ON tasks (mentor_id);
CREATE INDEX tasks_by_overlap_allower ON tasks (overlap_allowed_by_id);
CREATE INDEX tasks_by_purpose ON tasks (purpose_ref);

CREATE TABLE task_skills (
    task_id uuid NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    skill_key text NOT NULL,
    skill text NOT NULL,
    min_level integer NOT NULL CHECK (min_level BETWEEN 1 AND 4),
    essential boolean NOT NULL,
    CONSTRAINT task_skills_pkey PRIMARY KEY (task_id, skill_key)
);
CREATE INDEX task_skills_by_skill ON task_skills (skill_key, task_id);

CREATE TABLE task_topics (
    task_id uuid NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    topic_key text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT task_topics_pkey PRIMARY KEY (task_id, topic_key)
);
CREATE INDEX task_topics_by_topic ON task_topics (topic_key, task_id);

-- Who was asked, and when. Why an offer ended without being accepted is not kept: nothing is held against anybody.
CREATE TABLE task_offers (
    id uuid PRIMARY KEY NOT NULL,
    task_id uuid NOT NULL REFERENCES tasks (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    offered_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    basis text NOT NULL CHECK (basis IN ('both', 'skill', 'interest', 'growth', 'volunteered', 'duty', 'availability_only')),
    basis_reason text,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'ended')),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((basis = 'availability_only') = (basis_reason IS NOT NULL))
);
CREATE UNIQUE INDEX task_offers_one_open ON task_offers (task_id) WHERE state = 'open';
CREATE INDEX task_offers_of_task ON task_offers (task_id);
CREATE INDEX task_offers_of_account ON task_offers (account_id, created_at);
CREATE INDEX task_offers_by_offerer ON task_offers (offered_by_id);
CREATE INDEX task_offers_by_expiry ON task_offers (state, expires_at);

-- Who has a task. Gone when it is given back or cancelled.
CREATE TABLE task_assignments (
    task_id uuid NOT NULL REFERENCES tasks (id) ON DELETE RESTRICT,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The person's side when the task was accepted.
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    basis text NOT NULL CHECK (basis IN ('both', 'skill', 'interest', 'growth', 'volunteered', 'duty', 'availability_only')),
    basis_reason text,
    -- As the task has them.
    leads_others boolean NOT NULL,
    effort_hours integer NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    overlap_allowed boolean NOT NULL,
    accepted_at timestamptz NOT NULL,
    started_at timestamptz,
    done_at timestamptz,
    -- Quarters of an hour.
    quarters_claimed integer CHECK (quarters_claimed BETWEEN 0 AND 4000),
    quarters_confirmed integer CHECK (quarters_confirmed BETWEEN 0 AND 4000),
    verified_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    verified_at timestamptz,
    CONSTRAINT task_assignments_pkey PRIMARY KEY (task_id),
    CHECK ((basis = 'availability_only') = (basis_reason IS NOT NULL)),
    CHECK ((done_at IS NULL) = (quarters_claimed IS NULL)),
    CHECK ((verified_at IS NULL) = (quarters_confirmed IS NULL)),
    CHECK ((verified_at IS NULL) = (verified_by_id IS NULL)),
    -- Nobody is at two places at once.
    CONSTRAINT task_assignments_no_overlap EXCLUDE USING gist (account_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (starts_at IS NOT NULL AND NOT overlap_allowed)
);
CREATE INDEX task_assignments_of_partnership ON task_assignments (partnership_id, accepted_at);
CREATE INDEX task_assignments_of_account ON task_assignments (account_id, partnership_id, accepted_at);
CREATE INDEX task_assignments_by_verifier ON task_assignments (verified_by_id);
CREATE INDEX task_assignments_in_time ON task_assignments (account_id, starts_at);

CREATE TABLE commendations (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    given_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    reason text NOT NULL CHECK (reason IN ('task', 'hours', 'role')),
    task_id uuid REFERENCES tasks (id) ON DELETE RESTRICT,
    text text NOT NULL,
    -- Whether all members read it.
    is_public boolean NOT NULL,
    withdrawn_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((reason = 'task') = (task_id IS NOT NULL))
);
CREATE INDEX commendations_of_partnership ON commendations (partnership_id, created_at, id);
CREATE INDEX commendations_of_account ON commendations (account_id, created_at, id);
CREATE INDEX commendations_by_giver ON commendations (given_by_id);
CREATE INDEX commendations_of_task ON commendations (task_id);
