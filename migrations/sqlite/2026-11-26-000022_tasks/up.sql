-- What helps to give tasks to people: wishes and hours. Filters only: nothing here ever changes how well somebody fits.
CREATE TABLE account_preferences (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Whether the person wants to be asked more often than once in seven days.
    wants_more_offers INTEGER NOT NULL CHECK (wants_more_offers IN (0, 1)),
    CONSTRAINT account_preferences_pkey PRIMARY KEY (account_id)
) STRICT, WITHOUT ROWID;

-- When somebody usually has time, on the clock of the agency that hosts the partnership; from Monday, 1, to Sunday, 7.
CREATE TABLE account_availability (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    CONSTRAINT account_availability_pkey PRIMARY KEY (account_id, weekday, starts),
    CHECK (ends > starts)
) STRICT, WITHOUT ROWID;

-- The skills that a group has words for; tasks extend it.
CREATE TABLE group_skills (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    skill_key TEXT NOT NULL,
    skill TEXT NOT NULL,
    added_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX group_skills_one_each ON group_skills (partnership_id, skill_key);
CREATE INDEX group_skills_by_adder ON group_skills (added_by_id);

CREATE TABLE tasks (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'offered', 'accepted', 'in_progress', 'done', 'verified', 'cancelled')),
    purpose TEXT NOT NULL CHECK (purpose IN ('partnership', 'goal', 'objective', 'need', 'decision', 'action_item')),
    -- What it serves. No foreign key: it stands in one of several tables, some of which stand on partnerships.
    purpose_ref BLOB,
    effort_hours INTEGER NOT NULL CHECK (effort_hours BETWEEN 1 AND 500),
    due_on TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    place TEXT,
    language TEXT,
    police_role TEXT NOT NULL CHECK (police_role IN ('none', 'support', 'lead')),
    leads_others INTEGER NOT NULL CHECK (leads_others IN (0, 1)),
    mentor_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    created_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- An administrator lets it overlap others of whoever takes it on.
    overlap_reason TEXT,
    overlap_allowed_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    cancel_reason TEXT,
    closed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((purpose = 'partnership') = (purpose_ref IS NULL)),
    CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
    CHECK (ends_at > starts_at),
    CHECK ((overlap_reason IS NULL) = (overlap_allowed_by_id IS NULL)),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CHECK ((state IN ('verified', 'cancelled')) = (closed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_of_partnership ON tasks (partnership_id, created_at, id);
CREATE INDEX tasks_by_state ON tasks (partnership_id, state, created_at, id);
CREATE INDEX tasks_by_creator ON tasks (created_by_id, created_at, id);
CREATE INDEX tasks_of_mentor ON tasks (mentor_id);
CREATE INDEX tasks_by_overlap_allower ON tasks (overlap_allowed_by_id);
CREATE INDEX tasks_by_purpose ON tasks (purpose_ref);

CREATE TABLE task_skills (
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    skill_key TEXT NOT NULL,
    skill TEXT NOT NULL,
    min_level INTEGER NOT NULL CHECK (min_level BETWEEN 1 AND 4),
    essential INTEGER NOT NULL CHECK (essential IN (0, 1)),
    CONSTRAINT task_skills_pkey PRIMARY KEY (task_id, skill_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_skills_by_skill ON task_skills (skill_key, task_id);

CREATE TABLE task_topics (
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    topic_key TEXT NOT NULL,
    topic TEXT NOT NULL,
    CONSTRAINT task_topics_pkey PRIMARY KEY (task_id, topic_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_topics_by_topic ON task_topics (topic_key, task_id);

-- Who was asked, and when. Why an offer ended without being accepted is not kept: nothing is held against anybody.
CREATE TABLE task_offers (
    id BLOB PRIMARY KEY NOT NULL,
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    offered_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    basis TEXT NOT NULL CHECK (basis IN ('both', 'skill', 'interest', 'growth', 'volunteered', 'duty', 'availability_only')),
    basis_reason TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'ended')),
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((basis = 'availability_only') = (basis_reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX task_offers_one_open ON task_offers (task_id) WHERE state = 'open';
CREATE INDEX task_offers_of_task ON task_offers (task_id);
CREATE INDEX task_offers_of_account ON task_offers (account_id, created_at);
CREATE INDEX task_offers_by_offerer ON task_offers (offered_by_id);
CREATE INDEX task_offers_by_expiry ON task_offers (state, expires_at);

-- Who has a task. Gone when it is given back or cancelled.
CREATE TABLE task_assignments (
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE RESTRICT,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The person's side when the task was accepted.
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    basis TEXT NOT NULL CHECK (basis IN ('both', 'skill', 'interest', 'growth', 'volunteered', 'duty', 'availability_only')),
    basis_reason TEXT,
    -- As the task has them.
    leads_others INTEGER NOT NULL CHECK (leads_others IN (0, 1)),
    effort_hours INTEGER NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER,
    overlap_allowed INTEGER NOT NULL CHECK (overlap_allowed IN (0, 1)),
    accepted_at INTEGER NOT NULL,
    started_at INTEGER,
    done_at INTEGER,
    -- Quarters of an hour.
    quarters_claimed INTEGER CHECK (quarters_claimed BETWEEN 0 AND 4000),
    quarters_confirmed INTEGER CHECK (quarters_confirmed BETWEEN 0 AND 4000),
    verified_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    verified_at INTEGER,
    CONSTRAINT task_assignments_pkey PRIMARY KEY (task_id),
    CHECK ((basis = 'availability_only') = (basis_reason IS NOT NULL)),
    CHECK ((done_at IS NULL) = (quarters_claimed IS NULL)),
    CHECK ((verified_at IS NULL) = (quarters_confirmed IS NULL)),
    CHECK ((verified_at IS NULL) = (verified_by_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX task_assignments_of_partnership ON task_assignments (partnership_id, accepted_at);
CREATE INDEX task_assignments_of_account ON task_assignments (account_id, partnership_id, accepted_at);
CREATE INDEX task_assignments_by_verifier ON task_assignments (verified_by_id);
CREATE INDEX task_assignments_in_time ON task_assignments (account_id, starts_at);

-- Nobody is at two places at once. PostgreSQL has an exclusion constraint of the same name.
CREATE TRIGGER task_assignments_no_overlap BEFORE INSERT ON task_assignments
WHEN NEW.starts_at IS NOT NULL AND NOT NEW.overlap_allowed
BEGIN
    SELECT RAISE(ABORT, 'task_assignments_no_overlap') WHERE EXISTS (
        SELECT 1 FROM task_assignments a
        WHERE a.account_id = NEW.account_id AND a.task_id <> NEW.task_id AND a.starts_at < NEW.ends_at
            AND a.ends_at > NEW.starts_at AND NOT a.overlap_allowed
    );
END;
CREATE TRIGGER task_assignments_no_overlap_later BEFORE UPDATE OF account_id, starts_at, ends_at, overlap_allowed ON task_assignments
WHEN NEW.starts_at IS NOT NULL AND NOT NEW.overlap_allowed
BEGIN
    SELECT RAISE(ABORT, 'task_assignments_no_overlap') WHERE EXISTS (
        SELECT 1 FROM task_assignments a
        WHERE a.account_id = NEW.account_id AND a.task_id <> NEW.task_id AND a.starts_at < NEW.ends_at
            AND a.ends_at > NEW.starts_at AND NOT a.overlap_allowed
    );
END;

CREATE TABLE commendations (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    given_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    reason TEXT NOT NULL CHECK (reason IN ('task', 'hours', 'role')),
    task_id BLOB REFERENCES tasks (id) ON DELETE RESTRICT,
    text TEXT NOT NULL,
    -- Whether all members read it.
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    withdrawn_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((reason = 'task') = (task_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX commendations_of_partnership ON commendations (partnership_id, created_at, id);
CREATE INDEX commendations_of_account ON commendations (account_id, created_at, id);
CREATE INDEX commendations_by_giver ON commendations (given_by_id);
CREATE INDEX commendations_of_task ON commendations (task_id);
