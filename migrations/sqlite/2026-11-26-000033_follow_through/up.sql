-- What somebody promised. Append-only but for how it ends: a new day for it is a new commitment that points at the old one.
CREATE TABLE commitments (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB REFERENCES partnerships (id) ON DELETE RESTRICT,
    source TEXT NOT NULL CHECK (source IN ('officer_log', 'meeting', 'message', 'contact', 'decision')),
    officer_log_id BLOB REFERENCES officer_logs (id) ON DELETE RESTRICT,
    made_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    what TEXT NOT NULL,
    due_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'broken', 'renegotiated', 'released')),
    -- The one whose place it took when another day was agreed on.
    follows_id BLOB REFERENCES commitments (id) ON DELETE RESTRICT,
    -- Of a renegotiated one: whether another day was asked for before it was due.
    asked_before_due INTEGER CHECK (asked_before_due IN (0, 1)),
    -- When whoever promised said that it was kept.
    claimed_at INTEGER,
    closed_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    closed_at INTEGER,
    close_reason TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((source = 'officer_log') = (officer_log_id IS NOT NULL)),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((closed_by_id IS NULL) = (closed_at IS NULL)),
    CHECK ((state = 'renegotiated') = (asked_before_due IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX commitments_of_partnership ON commitments (partnership_id, due_on, id);
CREATE INDEX commitments_of_maker ON commitments (made_by_id, due_on, id);
CREATE INDEX commitments_of_log ON commitments (officer_log_id);
CREATE UNIQUE INDEX commitments_one_following ON commitments (follows_id);
CREATE INDEX commitments_by_closer ON commitments (closed_by_id);

-- The parts of an officer's log that others work with: what each says, and what became of it.
CREATE TABLE officer_log_parts (
    id BLOB PRIMARY KEY NOT NULL,
    officer_log_id BLOB NOT NULL REFERENCES officer_logs (id) ON DELETE CASCADE,
    officer_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('commitment', 'follow_up', 'referral', 'concern')),
    -- Its place among those of its kind, from 0.
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 19),
    what TEXT NOT NULL,
    due_on TEXT,
    assignee_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    referred_to TEXT,
    commitment_id BLOB REFERENCES commitments (id) ON DELETE RESTRICT,
    -- The task that a follow-up became; the officer's own where there is none.
    task_id BLOB REFERENCES tasks (id) ON DELETE RESTRICT,
    done_at INTEGER,
    -- When the log was amended and did not have it any more.
    removed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((kind = 'commitment') = (commitment_id IS NOT NULL)),
    CHECK ((kind = 'referral') = (referred_to IS NOT NULL)),
    CHECK (task_id IS NULL OR kind = 'follow_up'),
    CHECK (done_at IS NULL OR (kind = 'follow_up' AND task_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX officer_log_parts_of_log ON officer_log_parts (officer_log_id, kind, position);
CREATE INDEX officer_log_parts_of_officer ON officer_log_parts (officer_id, kind, created_at, id);
CREATE INDEX officer_log_parts_of_assignee ON officer_log_parts (assignee_id);
CREATE INDEX officer_log_parts_of_commitment ON officer_log_parts (commitment_id);
CREATE UNIQUE INDEX officer_log_parts_of_task ON officer_log_parts (task_id);

-- The task that it is; items from before tasks have none.
ALTER TABLE action_items ADD COLUMN task_id BLOB REFERENCES tasks (id) ON DELETE RESTRICT;
CREATE UNIQUE INDEX action_items_one_per_task ON action_items (task_id);
