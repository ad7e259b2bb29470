-- The sequence of which notice was given last; NULL where none was.
ALTER TABLE meetings ADD COLUMN noticed_sequence integer CHECK (noticed_sequence >= 0);
CREATE INDEX meetings_to_notice ON meetings (starts_at) WHERE noticed_sequence IS NULL;
CREATE INDEX meetings_to_notice_again ON meetings (starts_at) WHERE noticed_sequence < sequence;

-- Who wants notice of a partnership's meetings: anybody, without an account. Who left or did not renew is forgotten.
CREATE TABLE notice_subscriptions (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    email text,
    email_key text,
    state text NOT NULL CHECK (state IN ('requested', 'active', 'left', 'lapsed')),
    -- Of the token by which its owner confirms, renews and leaves.
    token_digest bytea NOT NULL,
    confirmed_at timestamptz,
    -- It ends then unless it is renewed.
    renew_by timestamptz,
    -- When its owner was told so.
    warned_at timestamptz,
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((state IN ('requested', 'active')) = (email IS NOT NULL)),
    CHECK ((state IN ('left', 'lapsed')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'active' OR (confirmed_at IS NOT NULL AND renew_by IS NOT NULL))
);
CREATE UNIQUE INDEX notice_subscriptions_one_each ON notice_subscriptions (partnership_id, email_key) WHERE state IN ('requested', 'active');
CREATE UNIQUE INDEX notice_subscriptions_by_token ON notice_subscriptions (token_digest);
CREATE INDEX notice_subscriptions_of_partnership ON notice_subscriptions (partnership_id, state, id);
CREATE INDEX notice_subscriptions_to_renew ON notice_subscriptions (renew_by) WHERE state = 'active';
CREATE INDEX notice_subscriptions_unconfirmed ON notice_subscriptions (created_at) WHERE state = 'requested';

-- Append-only but for how far it was passed on.
CREATE TABLE notices (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    kind text NOT NULL CHECK (kind IN ('scheduled', 'changed', 'cancelled')),
    -- The meeting's sequence that it tells of, and when that begins.
    sequence integer NOT NULL CHECK (sequence >= 0),
    starts_at timestamptz NOT NULL,
    -- Whether it was given as long before the meeting as its kind demands.
    is_in_time boolean NOT NULL,
    -- The last subscription that it was passed on to; no foreign key, it is a place in an order.
    passed_on_to uuid,
    given_at timestamptz NOT NULL,
    passed_on_at timestamptz
);
CREATE UNIQUE INDEX notices_in_order ON notices (meeting_id, number);
CREATE UNIQUE INDEX notices_one_per_sequence ON notices (meeting_id, sequence);
CREATE INDEX notices_under_way ON notices (given_at) WHERE passed_on_at IS NULL;

-- Proof of sending: each notice to each subscription once.
CREATE TABLE notice_deliveries (
    notice_id uuid NOT NULL REFERENCES notices (id) ON DELETE RESTRICT,
    subscription_id uuid NOT NULL REFERENCES notice_subscriptions (id) ON DELETE RESTRICT,
    mail_id uuid NOT NULL REFERENCES mails (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (notice_id, subscription_id)
);
CREATE INDEX notice_deliveries_of_subscription ON notice_deliveries (subscription_id);
CREATE INDEX notice_deliveries_by_mail ON notice_deliveries (mail_id);
