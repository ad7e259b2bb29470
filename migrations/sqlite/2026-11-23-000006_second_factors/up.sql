-- Authenticator apps (RFC 6238): at most one in use per account, and at most one being set up.
CREATE TABLE authenticators (
    id BLOB PRIMARY KEY NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('pending', 'active')),
    -- The shared secret, sealed for this row.
    seed BLOB NOT NULL,
    -- The step of the last code that was taken: none counts twice.
    last_step INTEGER,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    CHECK ((state = 'active') = (confirmed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX authenticators_one_state ON authenticators (account_id, state);

-- What to sign in with when the authenticator is lost; each once. By digest.
CREATE TABLE recovery_codes (
    id BLOB PRIMARY KEY NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    used_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX recovery_codes_one_digest ON recovery_codes (account_id, digest);

-- Accounts whose authenticator was taken away: the next one is set up only with the code that was mailed.
CREATE TABLE authenticator_resets (
    account_id BLOB PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    reset_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX authenticator_resets_by ON authenticator_resets (reset_by_id);
