-- Authenticator apps (RFC 6238): at most one in use per account, and at most one being set up.
CREATE TABLE authenticators (
    id uuid PRIMARY KEY NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('pending', 'active')),
    -- The shared secret, sealed for this row.
    seed bytea NOT NULL,
    -- The step of the last code that was taken: none counts twice.
    last_step bigint,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    CHECK ((state = 'active') = (confirmed_at IS NOT NULL))
);
CREATE UNIQUE INDEX authenticators_one_state ON authenticators (account_id, state);

-- What to sign in with when the authenticator is lost; each once. By digest.
CREATE TABLE recovery_codes (
    id uuid PRIMARY KEY NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX recovery_codes_one_digest ON recovery_codes (account_id, digest);

-- Accounts whose authenticator was taken away: the next one is set up only with the code that was mailed.
CREATE TABLE authenticator_resets (
    account_id uuid PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    reset_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX authenticator_resets_by ON authenticator_resets (reset_by_id);
