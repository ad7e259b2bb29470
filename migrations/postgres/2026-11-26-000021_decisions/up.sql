CREATE TABLE decisions (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    class text NOT NULL CHECK (class IN ('mission', 'charter', 'goal', 'objective', 'communication_plan', 'action_plan', 'shared_vision', 'response_plan', 'resource', 'minutes', 'other')),
    -- The mission, goal, plan that it is about. No foreign key: it may be of any slice.
    subject uuid,
    method text NOT NULL CHECK (method IN ('consensus', 'consent', 'majority', 'advice')),
    question text NOT NULL,
    -- Which version of its text counts.
    text_number integer NOT NULL CHECK (text_number >= 1),
    state text NOT NULL CHECK (state IN ('draft', 'discussion', 'sense_check', 'amending', 'final_call', 'adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'withdrawn', 'in_force', 'under_review', 'reaffirmed', 'amended', 'rescinded')),
    is_anonymous boolean NOT NULL,
    hides_results boolean NOT NULL,
    -- How long it is tried, where it is adopted on trial only.
    trial_days integer CHECK (trial_days >= 1),
    -- The round before this one, and the decision that this one is to amend.
    previous_id uuid REFERENCES decisions (id) ON DELETE RESTRICT,
    round integer NOT NULL CHECK (round >= 1),
    replaces_id uuid REFERENCES decisions (id) ON DELETE RESTRICT,
    background jsonb NOT NULL,
    -- Of a charter: the classes that a majority of each side may decide.
    majority_classes jsonb NOT NULL,
    created_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    discussion_at timestamptz,
    -- The discussion ends no earlier.
    sense_check_from timestamptz,
    final_call_at timestamptz,
    -- The final call ends no earlier, and by itself.
    closes_from timestamptz,
    closes_at timestamptz,
    -- When those who had not cast a stance were told that it closes soon.
    noticed_at timestamptz,
    -- Since when a side has no leader, so that no time counts.
    paused_at timestamptz,
    -- The thresholds as they were when the final call was opened.
    rules jsonb,
    closed_at timestamptz,
    result jsonb,
    review_on date,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (state <> 'final_call' OR (closes_from IS NOT NULL AND closes_at IS NOT NULL AND rules IS NOT NULL)),
    CHECK (state NOT IN ('adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'in_force', 'under_review', 'reaffirmed', 'amended', 'rescinded') OR (closed_at IS NOT NULL AND result IS NOT NULL)),
    CHECK ((round = 1) = (previous_id IS NULL))
);
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
    id uuid PRIMARY KEY NOT NULL,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    revision integer NOT NULL CHECK (revision >= 1),
    text text NOT NULL,
    -- What changed, in the author's words.
    note text,
    author_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX decision_texts_in_order ON decision_texts (decision_id, number, revision);
CREATE INDEX decision_texts_by_author ON decision_texts (author_id);

-- Corrections of typing errors, which leaders of both sides approve.
CREATE TABLE decision_corrections (
    id uuid PRIMARY KEY NOT NULL,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    text text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'applied', 'dropped')),
    proposed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX decision_corrections_of_decision ON decision_corrections (decision_id);
CREATE UNIQUE INDEX decision_corrections_one_open ON decision_corrections (decision_id) WHERE state = 'proposed';
CREATE INDEX decision_corrections_by_person ON decision_corrections (proposed_by_id);

-- Who is asked: the members of both sides when the final call was opened.
CREATE TABLE decision_roster (
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    has_cast boolean NOT NULL,
    left_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT decision_roster_pkey PRIMARY KEY (decision_id, account_id)
);
CREATE INDEX decision_roster_of_account ON decision_roster (account_id, has_cast, decision_id);

-- Heads by side and level, kept with each stance, so that reading a decision costs the same however many there are.
CREATE TABLE decision_sides (
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    eligible integer NOT NULL CHECK (eligible >= 0),
    endorse integer NOT NULL CHECK (endorse >= 0),
    agree_minor integer NOT NULL CHECK (agree_minor >= 0),
    reservations integer NOT NULL CHECK (reservations >= 0),
    stand_aside integer NOT NULL CHECK (stand_aside >= 0),
    more_discussion integer NOT NULL CHECK (more_discussion >= 0),
    dislike_support integer NOT NULL CHECK (dislike_support >= 0),
    disagree integer NOT NULL CHECK (disagree >= 0),
    block integer NOT NULL CHECK (block >= 0),
    CONSTRAINT decision_sides_pkey PRIMARY KEY (decision_id, side)
);

-- Append-only: a stance stops being current and is never changed.
CREATE TABLE decision_stances (
    id uuid PRIMARY KEY NOT NULL,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    -- The version of the text that it is about.
    number integer NOT NULL CHECK (number >= 1),
    phase text NOT NULL CHECK (phase IN ('sense_check', 'final_call')),
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    level text NOT NULL CHECK (level IN ('endorse', 'agree_minor', 'reservations', 'stand_aside', 'more_discussion', 'dislike_support', 'disagree', 'block')),
    reason text,
    -- Whose it is; nobody's in an anonymous decision.
    account_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The same for all stances of a person in a decision, and tells of an anonymous one nothing else.
    holder uuid NOT NULL,
    is_current boolean NOT NULL,
    -- When its text or its phase was over, or its holder left.
    stale_at timestamptz,
    created_at timestamptz NOT NULL,
    CHECK (NOT is_current OR stale_at IS NULL)
);
CREATE UNIQUE INDEX decision_stances_one_current ON decision_stances (decision_id, holder, number) WHERE is_current;
CREATE INDEX decision_stances_of_holder ON decision_stances (decision_id, holder, created_at, id);
CREATE INDEX decision_stances_in_order ON decision_stances (decision_id, is_current, created_at, id);
CREATE INDEX decision_stances_of_account ON decision_stances (account_id);

CREATE TABLE decision_blocks (
    id uuid PRIMARY KEY NOT NULL,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    principle text NOT NULL CHECK (principle IN ('mission', 'safety', 'law', 'rights_or_fairness', 'capacity')),
    reason text NOT NULL,
    remedy text NOT NULL,
    state text NOT NULL CHECK (state IN ('raised', 'challenged', 'sustained', 'dismissed', 'addressed', 'withdrawn')),
    -- What was said to its last step.
    note text,
    account_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    holder uuid NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX decision_blocks_of_decision ON decision_blocks (decision_id, created_at, id);
CREATE UNIQUE INDEX decision_blocks_one_each ON decision_blocks (decision_id, holder) WHERE state IN ('raised', 'challenged', 'sustained', 'addressed');
CREATE INDEX decision_blocks_of_account ON decision_blocks (account_id);

-- What needs more than one person: a correction, the dismissal of a block, reaffirming, rescinding.
CREATE TABLE decision_assents (
    id uuid PRIMARY KEY NOT NULL,
    decision_id uuid NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    -- The decision, block or correction.
    target uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('correct', 'dismiss', 'reaffirm', 'rescind')),
    capacity text NOT NULL CHECK (capacity IN ('civilian_leader', 'police_leader', 'facilitator')),
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    reason text,
    voided_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX decision_assents_of_decision ON decision_assents (decision_id);
CREATE INDEX decision_assents_of_target ON decision_assents (target, purpose);
CREATE UNIQUE INDEX decision_assents_one_each ON decision_assents (target, purpose, capacity) WHERE voided_at IS NULL;
CREATE INDEX decision_assents_of_account ON decision_assents (account_id);

-- What follows from an adopted decision.
CREATE TABLE decision_outcomes (
    decision_id uuid PRIMARY KEY NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    statement text NOT NULL,
    responsibilities jsonb NOT NULL,
    communications jsonb NOT NULL,
    written_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX decision_outcomes_by_author ON decision_outcomes (written_by_id);

CREATE FUNCTION decision_stances_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stances are append-only';
END $$;
CREATE TRIGGER decision_stances_refuse_update BEFORE UPDATE ON decision_stances FOR EACH ROW
WHEN (NEW.is_current > OLD.is_current OR (OLD.stale_at IS NOT NULL AND NEW.stale_at IS DISTINCT FROM OLD.stale_at)
    OR (NEW.id, NEW.decision_id, NEW.number, NEW.phase, NEW.side, NEW.level, NEW.reason, NEW.account_id, NEW.holder,
        NEW.created_at)
    IS DISTINCT FROM
       (OLD.id, OLD.decision_id, OLD.number, OLD.phase, OLD.side, OLD.level, OLD.reason, OLD.account_id, OLD.holder,
        OLD.created_at))
EXECUTE FUNCTION decision_stances_refuse();
CREATE TRIGGER decision_stances_refuse_delete BEFORE DELETE ON decision_stances
FOR EACH ROW EXECUTE FUNCTION decision_stances_refuse();
