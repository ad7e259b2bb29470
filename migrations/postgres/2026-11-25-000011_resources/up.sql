-- What a goal needs. State, pledged and delivered are what its pledges come to, written with every change of one of them.
CREATE TABLE needs (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('people', 'skill', 'funds', 'material', 'venue', 'data', 'permission', 'service')),
    title text NOT NULL,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    unit text NOT NULL,
    due_on date NOT NULL,
    -- Whose need it is; of an objective's also the goal that the objective is of.
    goal_id uuid NOT NULL REFERENCES goals (id) ON DELETE RESTRICT,
    objective_id uuid REFERENCES objectives (id) ON DELETE RESTRICT,
    why text NOT NULL,
    -- How it is to be got where nobody has pledged it.
    plan text,
    state text NOT NULL CHECK (state IN ('identified', 'requested', 'part_pledged', 'pledged', 'fulfilled', 'unmet', 'withdrawn')),
    pledged bigint NOT NULL CHECK (pledged >= 0),
    delivered bigint NOT NULL CHECK (delivered BETWEEN 0 AND pledged),
    requested_at timestamptz,
    first_pledged_at timestamptz,
    unmet_at timestamptz,
    withdrawn_at timestamptz,
    withdrawal_reason text,
    created_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK ((withdrawn_at IS NULL) = (withdrawal_reason IS NULL)),
    CHECK (state <> 'unmet' OR unmet_at IS NOT NULL),
    CHECK (state <> 'fulfilled' OR delivered >= quantity)
);
CREATE INDEX needs_of_partnership ON needs (partnership_id, created_at, id);
CREATE INDEX needs_of_goal ON needs (goal_id);
CREATE INDEX needs_of_objective ON needs (objective_id);
CREATE INDEX needs_by_creator ON needs (created_by_id);
CREATE INDEX needs_due ON needs (state, due_on, id);

-- That somebody went through what is needed. Append-only.
CREATE TABLE needs_reviews (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    -- How many needs there were; 0 says that nothing is needed.
    needs integer NOT NULL CHECK (needs >= 0),
    note text,
    reviewed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE INDEX needs_reviews_of_partnership ON needs_reviews (partnership_id, created_at, id);
CREATE INDEX needs_reviews_by_reviewer ON needs_reviews (reviewed_by_id);

-- Organisations that a partnership asked to join it.
CREATE TABLE partners (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    name text NOT NULL,
    name_key text NOT NULL,
    sector text NOT NULL CHECK (sector IN ('residents_group', 'neighborhood_watch', 'business_or_merchant_association', 'citizen_activist_group', 'faith', 'school_or_youth', 'health_or_social_service', 'public_service_agency', 'local_government', 'philanthropy', 'media', 'other')),
    state text NOT NULL CHECK (state IN ('invited', 'joined', 'not_joined', 'left')),
    contact_name text,
    contact_email text NOT NULL,
    contact_phone text,
    -- The need for which it was asked, and the need that it answered: the first of its accepted pledges to a need that was
    -- there before it joined.
    asked_for_need_id uuid REFERENCES needs (id) ON DELETE RESTRICT,
    answered_need_id uuid REFERENCES needs (id) ON DELETE RESTRICT,
    -- Who speaks for it here.
    representative_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    joined_at timestamptz,
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (state <> 'joined' OR (joined_at IS NOT NULL AND representative_id IS NOT NULL))
);
CREATE UNIQUE INDEX partners_one_name ON partners (partnership_id, name_key);
CREATE INDEX partners_in_order ON partners (partnership_id, created_at, id);
CREATE INDEX partners_asked_for ON partners (asked_for_need_id);
CREATE INDEX partners_answering ON partners (answered_need_id);
CREATE INDEX partners_by_representative ON partners (representative_id);

CREATE TABLE partner_invitations (
    id uuid PRIMARY KEY NOT NULL,
    partner_id uuid NOT NULL REFERENCES partners (id) ON DELETE RESTRICT,
    email text NOT NULL,
    digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('sent', 'accepted', 'declined', 'expired', 'revoked')),
    invited_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    answered_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    answered_at timestamptz,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((state = 'sent') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX partner_invitations_one_sent ON partner_invitations (partner_id) WHERE state = 'sent';
CREATE UNIQUE INDEX partner_invitations_by_digest ON partner_invitations (digest);
CREATE INDEX partner_invitations_of_partner ON partner_invitations (partner_id, created_at, id);
CREATE INDEX partner_invitations_by_inviter ON partner_invitations (invited_by_id);
CREATE INDEX partner_invitations_by_answerer ON partner_invitations (answered_by_id);
CREATE INDEX partner_invitations_expiring ON partner_invitations (state, expires_at, id);

-- What somebody, or an organisation, promises towards a need. Of money no more than the promise is kept.
CREATE TABLE pledges (
    id uuid PRIMARY KEY NOT NULL,
    need_id uuid NOT NULL REFERENCES needs (id) ON DELETE RESTRICT,
    -- The organisation that promises; otherwise whoever offered it does.
    partner_id uuid REFERENCES partners (id) ON DELETE RESTRICT,
    offered_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    note text,
    state text NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'delivered', 'withdrawn')),
    delivered bigint NOT NULL CHECK (delivered >= 0),
    answered_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    answered_at timestamptz,
    -- Why it was declined or withdrawn.
    reason text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (state NOT IN ('offered', 'declined') OR delivered = 0),
    CHECK ((state = 'delivered') = (delivered >= quantity))
);
CREATE INDEX pledges_of_need ON pledges (need_id, created_at, id);
CREATE INDEX pledges_of_partner ON pledges (partner_id);
CREATE INDEX pledges_by_offerer ON pledges (offered_by_id);
CREATE INDEX pledges_by_answerer ON pledges (answered_by_id);

-- What was brought of a pledge. Append-only.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY NOT NULL,
    pledge_id uuid NOT NULL REFERENCES pledges (id) ON DELETE RESTRICT,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
    delivered_on date NOT NULL,
    note text,
    recorded_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE INDEX deliveries_of_pledge ON deliveries (pledge_id, created_at, id);
CREATE INDEX deliveries_by_recorder ON deliveries (recorded_by_id);
