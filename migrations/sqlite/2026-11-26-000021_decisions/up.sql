CREATE TABLE decisions (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    class TEXT NOT NULL CHECK (class IN ('mission', 'charter', 'goal', 'objective', 'communication_plan', 'action_plan', 'shared_vision', 'response_plan', 'resource', 'minutes', 'other')),
    -- The mission, goal, plan that it is about. No foreign key: it may be of any slice.
    subject BLOB,
    method TEXT NOT NULL CHECK (method IN ('consensus', 'consent', 'majority', 'advice')),
    question TEXT NOT NULL,
    -- Which version of its text counts.
    text_number INTEGER NOT NULL CHECK (text_number >= 1),
    state TEXT NOT NULL CHECK (state IN ('draft', 'discussion', 'sense_check', 'amending', 'final_call', 'adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'withdrawn', 'in_force', 'under_review', 'reaffirmed', 'amended', 'rescinded')),
    is_anonymous INTEGER NOT NULL CHECK (is_anonymous IN (0, 1)),
    hides_results INTEGER NOT NULL CHECK (hides_results IN (0, 1)),
    -- How long it is tried, where it is adopted on trial only.
    trial_days INTEGER CHECK (trial_days >= 1),
    -- The round before this one, and the decision that this one is to amend.
    previous_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT,
    round INTEGER NOT NULL CHECK (round >= 1),
    replaces_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT,
    background TEXT NOT NULL,
    -- Of a charter: the classes that a majority of each side may decide.
    majority_classes TEXT NOT NULL,
    created_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    discussion_at INTEGER,
    -- The discussion ends no earlier.
    sense_check_from INTEGER,
    final_call_at INTEGER,
    -- The final call ends no earlier, and by itself.
    closes_from INTEGER,
    closes_at INTEGER,
    -- When those who had not cast a stance were told that it closes soon.
    noticed_at INTEGER,
    -- Since when a side has no leader, so that no time counts.
    paused_at INTEGER,
    -- The thresholds as they were when the final call was opened.
    rules TEXT,
    closed_at INTEGER,
    result TEXT,
    review_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (state <> 'final_call' OR (closes_from IS NOT NULL AND closes_at IS NOT NULL AND rules IS NOT NULL)),
    CHECK (state NOT IN ('adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'in_force', 'under_review', 'reaffirmed', 'amended', 'rescinded') OR (closed_at IS NOT NULL AND result IS NOT NULL)),
    CHECK ((round = 1) = (previous_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX decisions_of_partnership ON decisions (partnership_id, created_at, id);
CREATE INDEX decisions_of_class ON decisions (partnership_id, class, created_at, id);
CREATE INDEX decisions_of_subject ON decisions (subject, created_at);
CREATE UNIQUE INDEX decisions_one_open_of_subject ON decisions (subject, class) WHERE state IN ('draft', 'discussion', 'sense_check', 'amending', 'final_call');
CREATE UNIQUE INDEX decisions_one_next_round ON decisions (previous_id);
CREATE INDEX decisions_by_replaced ON decisions (replaces_id);
CREATE INDEX decisions_by_creator ON decisions (created_by_id);
CREATE INDEX decisions_closing ON decisions (state, closes_at, id);
CREATE INDEX decisions_to_review ON decisions (state, review_on, id);

-- Versions of the text. A correction of typing errors is a revision of its version.
CREATE TABLE decision_texts (
    id BLOB PRIMARY KEY NOT NULL,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    text TEXT NOT NULL,
    -- What changed, in the author's words.
    note TEXT,
    author_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX decision_texts_in_order ON decision_texts (decision_id, number, revision);
CREATE INDEX decision_texts_by_author ON decision_texts (author_id);

-- Corrections of typing errors, which leaders of both sides approve.
CREATE TABLE decision_corrections (
    id BLOB PRIMARY KEY NOT NULL,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'applied', 'dropped')),
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_corrections_of_decision ON decision_corrections (decision_id);
CREATE UNIQUE INDEX decision_corrections_one_open ON decision_corrections (decision_id) WHERE state = 'proposed';
CREATE INDEX decision_corrections_by_person ON decision_corrections (proposed_by_id);

-- Who is asked: the members of both sides when the final call was opened.
CREATE TABLE decision_roster (
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    has_cast INTEGER NOT NULL CHECK (has_cast IN (0, 1)),
    left_at INTEGER,
    created_at INTEGER NOT NULL,
    CONSTRAINT decision_roster_pkey PRIMARY KEY (decision_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_roster_of_account ON decision_roster (account_id, has_cast, decision_id);

-- Heads by side and level, kept with each stance, so that reading a decision costs the same however many there are.
CREATE TABLE decision_sides (
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    eligible INTEGER NOT NULL CHECK (eligible >= 0),
    endorse INTEGER NOT NULL CHECK (endorse >= 0),
    agree_minor INTEGER NOT NULL CHECK (agree_minor >= 0),
    reservations INTEGER NOT NULL CHECK (reservations >= 0),
    stand_aside INTEGER NOT NULL CHECK (stand_aside >= 0),
    more_discussion INTEGER NOT NULL CHECK (more_discussion >= 0),
    dislike_support INTEGER NOT NULL CHECK (dislike_support >= 0),
    disagree INTEGER NOT NULL CHECK (disagree >= 0),
    block INTEGER NOT NULL CHECK (block >= 0),
    CONSTRAINT decision_sides_pkey PRIMARY KEY (decision_id, side)
) STRICT, WITHOUT ROWID;

-- Append-only: a stance stops being current and is never changed.
CREATE TABLE decision_stances (
    id BLOB PRIMARY KEY NOT NULL,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    -- The version of the text that it is about.
    number INTEGER NOT NULL CHECK (number >= 1),
    phase TEXT NOT NULL CHECK (phase IN ('sense_check', 'final_call')),
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    level TEXT NOT NULL CHECK (level IN ('endorse', 'agree_minor', 'reservations', 'stand_aside', 'more_discussion', 'dislike_support', 'disagree', 'block')),
    reason TEXT,
    -- Whose it is; nobody's in an anonymous decision.
    account_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The same for all stances of a person in a decision, and tells of an anonymous one nothing else.
    holder BLOB NOT NULL,
    is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
    -- When its text or its phase was over, or its holder left.
    stale_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK (NOT is_current OR stale_at IS NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX decision_stances_one_current ON decision_stances (decision_id, holder, number) WHERE is_current;
CREATE INDEX decision_stances_of_holder ON decision_stances (decision_id, holder, created_at, id);
CREATE INDEX decision_stances_in_order ON decision_stances (decision_id, is_current, created_at, id);
CREATE INDEX decision_stances_of_account ON decision_stances (account_id);

CREATE TABLE decision_blocks (
    id BLOB PRIMARY KEY NOT NULL,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    principle TEXT NOT NULL CHECK (principle IN ('mission', 'safety', 'law', 'rights_or_fairness', 'capacity')),
    reason TEXT NOT NULL,
    remedy TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('raised', 'challenged', 'sustained', 'dismissed', 'addressed', 'withdrawn')),
    -- What was said to its last step.
    note TEXT,
    account_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    holder BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_blocks_of_decision ON decision_blocks (decision_id, created_at, id);
CREATE UNIQUE INDEX decision_blocks_one_each ON decision_blocks (decision_id, holder) WHERE state IN ('raised', 'challenged', 'sustained', 'addressed');
CREATE INDEX decision_blocks_of_account ON decision_blocks (account_id);

-- What needs more than one person: a correction, the dismissal of a block, reaffirming, rescinding.
CREATE TABLE decision_assents (
    id BLOB PRIMARY KEY NOT NULL,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    -- The decision, block or correction.
    target BLOB NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('correct', 'dismiss', 'reaffirm', 'rescind')),
    capacity TEXT NOT NULL CHECK (capacity IN ('civilian_leader', 'police_leader', 'facilitator')),
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    reason TEXT,
    voided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_assents_of_decision ON decision_assents (decision_id);
CREATE INDEX decision_assents_of_target ON decision_assents (target, purpose);
CREATE UNIQUE INDEX decision_assents_one_each ON decision_assents (target, purpose, capacity) WHERE voided_at IS NULL;
CREATE INDEX decision_assents_of_account ON decision_assents (account_id);

-- What follows from an adopted decision.
CREATE TABLE decision_outcomes (
    decision_id BLOB PRIMARY KEY NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    statement TEXT NOT NULL,
    responsibilities TEXT NOT NULL,
    communications TEXT NOT NULL,
    written_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_outcomes_by_author ON decision_outcomes (written_by_id);

CREATE TRIGGER decision_stances_refuse_update BEFORE UPDATE ON decision_stances
WHEN NEW.is_current > OLD.is_current OR (OLD.stale_at IS NOT NULL AND NEW.stale_at IS NOT OLD.stale_at)
    OR NEW.id IS NOT OLD.id OR NEW.decision_id IS NOT OLD.decision_id OR NEW.number IS NOT OLD.number
    OR NEW.phase IS NOT OLD.phase OR NEW.side IS NOT OLD.side OR NEW.level IS NOT OLD.level
    OR NEW.reason IS NOT OLD.reason OR NEW.account_id IS NOT OLD.account_id OR NEW.holder IS NOT OLD.holder
    OR NEW.created_at IS NOT OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'stances are append-only');
END;
CREATE TRIGGER decision_stances_refuse_delete BEFORE DELETE ON decision_stances
BEGIN
    SELECT RAISE(ABORT, 'stances are append-only');
END;
