-- The record. It is append-only: triggers refuse every change but the sealer's, once, and every deletion.
CREATE TABLE records (
    id BLOB PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    actor BLOB,
    session BLOB,
    side TEXT,
    ip TEXT,
    client TEXT,
    action TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object BLOB,
    partnership BLOB,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members', 'leaders', 'restricted')),
    reason TEXT,
    request TEXT,
    changed TEXT NOT NULL,
    facts TEXT NOT NULL,
    seq INTEGER UNIQUE,
    hash BLOB,
    CHECK ((seq IS NULL) = (hash IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX records_unsealed ON records (id) WHERE seq IS NULL;
CREATE INDEX records_of_object ON records (object, at, id) WHERE object IS NOT NULL;
CREATE INDEX records_of_partnership ON records (partnership, at, id) WHERE partnership IS NOT NULL;
CREATE INDEX records_of_actor ON records (actor, at, id) WHERE actor IS NOT NULL;

CREATE TRIGGER records_refuse_update BEFORE UPDATE ON records
WHEN OLD.seq IS NOT NULL OR NEW.seq IS NULL OR NEW.hash IS NULL
    OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.actor IS NOT OLD.actor OR NEW.session IS NOT OLD.session
    OR NEW.side IS NOT OLD.side OR NEW.ip IS NOT OLD.ip OR NEW.client IS NOT OLD.client OR NEW.action IS NOT OLD.action
    OR NEW.object_type IS NOT OLD.object_type OR NEW.object IS NOT OLD.object OR NEW.partnership IS NOT OLD.partnership
    OR NEW.outcome IS NOT OLD.outcome OR NEW.visibility IS NOT OLD.visibility OR NEW.reason IS NOT OLD.reason
    OR NEW.request IS NOT OLD.request OR NEW.changed IS NOT OLD.changed OR NEW.facts IS NOT OLD.facts
BEGIN
    SELECT RAISE(ABORT, 'the record is append-only');
END;
CREATE TRIGGER records_refuse_delete BEFORE DELETE ON records
BEGIN
    SELECT RAISE(ABORT, 'the record is append-only');
END;
CREATE TRIGGER records_refuse_replace BEFORE INSERT ON records
WHEN NEW.seq IS NOT NULL OR EXISTS (SELECT 1 FROM records WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the record is append-only');
END;

CREATE TABLE record_consumers (
    name TEXT PRIMARY KEY NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 0),
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Answers kept for repeats of the same request.
CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, operation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- Who does the background work, until when.
CREATE TABLE leases (
    name TEXT PRIMARY KEY NOT NULL,
    holder BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox. Text is sealed, and wiped once it is out.
CREATE TABLE mails (
    id BLOB PRIMARY KEY NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BLOB,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    CHECK ((state = 'waiting') = (body IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE state = 'waiting';

-- Facts about this installation: the fingerprint of its secret, the bootstrap token's digest.
CREATE TABLE installation (
    name TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

-- Attempts counted across processes and restarts, by digest.
CREATE TABLE throttles (
    key BLOB PRIMARY KEY NOT NULL,
    arrival_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttles_rested ON throttles (arrival_at);
