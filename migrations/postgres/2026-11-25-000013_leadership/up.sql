-- A leader can be nominated for the next term, or for the other seat, while still holding one; the term that is over ends
-- in the transaction in which the next one begins.
DROP INDEX leadership_seats_one_each;
CREATE UNIQUE INDEX leadership_seats_one_each ON leadership_seats (partnership_id, account_id) WHERE state = 'active';
CREATE UNIQUE INDEX leadership_seats_one_nomination ON leadership_seats (partnership_id, account_id) WHERE state = 'nominated';

-- Nominations for a seat that is held: accepting one ends the other's term.
CREATE TABLE seat_successions (
    id uuid PRIMARY KEY NOT NULL,
    -- The nomination.
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    -- The seat that it takes over.
    succeeds_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    -- Why that one ends then.
    end_reason text NOT NULL CHECK (end_reason IN ('term', 'resigned', 'moved')),
    created_at timestamptz NOT NULL,
    CHECK (seat_id <> succeeds_id)
);
CREATE UNIQUE INDEX seat_successions_one_each ON seat_successions (seat_id);
CREATE INDEX seat_successions_of_predecessor ON seat_successions (succeeds_id);

-- Police leaders whom the agency appointed are presented to the members at the next meeting.
CREATE TABLE seat_presentations (
    id uuid PRIMARY KEY NOT NULL,
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    -- The next meeting, and when it began. No foreign key: meetings stand on partnerships.
    meeting uuid,
    met_at timestamptz,
    acknowledged_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    acknowledged_at timestamptz,
    note text,
    created_at timestamptz NOT NULL,
    CHECK ((meeting IS NULL) = (met_at IS NULL)),
    CHECK ((acknowledged_by_id IS NULL) = (acknowledged_at IS NULL)),
    CHECK (acknowledged_at IS NULL OR met_at IS NOT NULL)
);
CREATE UNIQUE INDEX seat_presentations_one_each ON seat_presentations (seat_id);
CREATE INDEX seat_presentations_of_partnership ON seat_presentations (partnership_id, met_at);
CREATE INDEX seat_presentations_by_acknowledger ON seat_presentations (acknowledged_by_id);

-- Who could take a seat over.
CREATE TABLE seat_candidates (
    id uuid PRIMARY KEY NOT NULL,
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    membership_id uuid NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    position integer NOT NULL CHECK (position BETWEEN 1 AND 5),
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX seat_candidates_in_order ON seat_candidates (seat_id, position);
CREATE UNIQUE INDEX seat_candidates_one_each ON seat_candidates (membership_id, seat_id);

-- Appointments of kind shadow: learning a seat at the side of whoever holds it.
CREATE TABLE shadowings (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    membership_id uuid NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    -- The kind of seat that is learned, whoever holds it.
    seat_kind text NOT NULL CHECK (seat_kind IN ('primary', 'deputy')),
    state text NOT NULL CHECK (state IN ('nominated', 'declined', 'active', 'ended')),
    months integer NOT NULL CHECK (months BETWEEN 1 AND 6),
    assigned_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    starts_on date,
    ends_on date,
    ended_at timestamptz,
    end_reason text CHECK (end_reason IN ('term', 'stopped', 'seated', 'left', 'declined')),
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state IN ('declined', 'ended')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK (state <> 'active' OR (starts_on IS NOT NULL AND ends_on IS NOT NULL)),
    CHECK (ends_on > starts_on)
);
CREATE UNIQUE INDEX shadowings_one_each ON shadowings (partnership_id, account_id) WHERE state IN ('nominated', 'active');
CREATE INDEX shadowings_of_partnership ON shadowings (partnership_id, created_at, id);
CREATE INDEX shadowings_of_membership ON shadowings (membership_id, state);
CREATE INDEX shadowings_of_account ON shadowings (account_id);
CREATE INDEX shadowings_by_assigner ON shadowings (assigned_by_id);
CREATE INDEX shadowings_ending ON shadowings (ends_on) WHERE state = 'active';

-- What members say of their own readiness to lead.
CREATE TABLE readiness (
    id uuid PRIMARY KEY NOT NULL,
    membership_id uuid NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    willing_to_lead boolean NOT NULL,
    willing_to_mentor boolean NOT NULL,
    orientation_done_on date,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX readiness_one_each ON readiness (membership_id);

-- Steps of members along the pipeline: suggested by rule, confirmed by a leader, agreed to by the member.
CREATE TABLE promotions (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    membership_id uuid NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    stage text NOT NULL CHECK (stage IN ('contributor', 'task_lead', 'deputy_ready', 'mentor')),
    state text NOT NULL CHECK (state IN ('suggested', 'confirmed', 'agreed', 'declined')),
    -- What the rule saw.
    facts jsonb NOT NULL,
    confirmed_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    confirmed_at timestamptz,
    answered_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((confirmed_by_id IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_by_id <> account_id),
    CHECK ((state IN ('agreed', 'declined')) = (answered_at IS NOT NULL)),
    CHECK (state NOT IN ('confirmed', 'agreed') OR confirmed_at IS NOT NULL)
);
CREATE UNIQUE INDEX promotions_one_open ON promotions (membership_id) WHERE state IN ('suggested', 'confirmed');
CREATE INDEX promotions_of_partnership ON promotions (partnership_id, created_at, id);
CREATE INDEX promotions_of_membership ON promotions (membership_id, created_at, id);
CREATE INDEX promotions_of_account ON promotions (account_id, partnership_id, created_at, id);
CREATE INDEX promotions_by_confirmer ON promotions (confirmed_by_id);
CREATE INDEX promotions_agreed ON promotions (partnership_id, answered_at) WHERE state = 'agreed';

-- Append-only: each step of a promotion.
CREATE TABLE promotion_changes (
    id uuid PRIMARY KEY NOT NULL,
    promotion_id uuid NOT NULL REFERENCES promotions (id) ON DELETE RESTRICT,
    from_state text CHECK (from_state IN ('suggested', 'confirmed')),
    to_state text NOT NULL CHECK (to_state IN ('suggested', 'confirmed', 'agreed', 'declined')),
    -- Nobody where the rule suggested it.
    by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    CHECK ((from_state IS NULL) = (to_state = 'suggested'))
);
CREATE INDEX promotion_changes_in_order ON promotion_changes (promotion_id, created_at, id);
CREATE INDEX promotion_changes_by_person ON promotion_changes (by_id);

CREATE TABLE development_plans (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    membership_id uuid NOT NULL REFERENCES memberships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    state text NOT NULL CHECK (state IN ('active', 'ended')),
    aims text NOT NULL,
    opportunities jsonb NOT NULL,
    -- The mentor's membership and account, and whether the mentor agreed.
    mentorship_id uuid REFERENCES memberships (id) ON DELETE RESTRICT,
    mentor_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    mentoring text CHECK (mentoring IN ('asked', 'agreed', 'declined')),
    review_on date NOT NULL,
    created_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((mentor_id IS NULL) = (mentoring IS NULL) AND (mentor_id IS NULL) = (mentorship_id IS NULL)),
    CHECK (mentor_id <> account_id)
);
CREATE UNIQUE INDEX development_plans_one_active ON development_plans (membership_id) WHERE state = 'active';
CREATE INDEX development_plans_of_partnership ON development_plans (partnership_id, created_at, id);
CREATE INDEX development_plans_of_membership ON development_plans (membership_id);
CREATE INDEX development_plans_of_account ON development_plans (account_id, partnership_id);
CREATE INDEX development_plans_of_mentor ON development_plans (mentor_id, partnership_id);
CREATE INDEX development_plans_of_mentorship ON development_plans (mentorship_id);
CREATE INDEX development_plans_by_creator ON development_plans (created_by_id);

-- Append-only: looking at a plan together.
CREATE TABLE development_reviews (
    id uuid PRIMARY KEY NOT NULL,
    plan_id uuid NOT NULL REFERENCES development_plans (id) ON DELETE RESTRICT,
    reviewed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    note text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX development_reviews_of_plan ON development_reviews (plan_id, created_at, id);
CREATE INDEX development_reviews_by_person ON development_reviews (reviewed_by_id);
