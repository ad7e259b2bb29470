-- The record. It is append-only: triggers refuse every change but the sealer's, once, and every deletion.
CREATE TABLE records (
    id uuid PRIMARY KEY NOT NULL,
    at timestamptz NOT NULL,
    actor uuid,
    session uuid,
    side text,
    ip text,
    client text,
    action text NOT NULL,
    object_type text NOT NULL,
    object uuid,
    partnership uuid,
    outcome text NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    visibility text NOT NULL CHECK (visibility IN ('public', 'members', 'leaders', 'restricted')),
    reason text,
    request text,
    changed jsonb NOT NULL,
    facts jsonb NOT NULL,
    seq bigint UNIQUE,
    hash bytea,
    CHECK ((seq IS NULL) = (hash IS NULL))
);
CREATE INDEX records_unsealed ON records (id) WHERE seq IS NULL;
CREATE INDEX records_of_object ON records (object, at, id) WHERE object IS NOT NULL;
CREATE INDEX records_of_partnership ON records (partnership, at, id) WHERE partnership IS NOT NULL;
CREATE INDEX records_of_actor ON records (actor, at, id) WHERE actor IS NOT NULL;

CREATE FUNCTION records_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only';
END $$;
CREATE TRIGGER records_refuse_update BEFORE UPDATE ON records FOR EACH ROW
WHEN (OLD.seq IS NOT NULL OR NEW.seq IS NULL OR NEW.hash IS NULL
    OR (NEW.id, NEW.at, NEW.actor, NEW.session, NEW.side, NEW.ip, NEW.client, NEW.action, NEW.object_type, NEW.object,
        NEW.partnership, NEW.outcome, NEW.visibility, NEW.reason, NEW.request, NEW.changed, NEW.facts)
    IS DISTINCT FROM
       (OLD.id, OLD.at, OLD.actor, OLD.session, OLD.side, OLD.ip, OLD.client, OLD.action, OLD.object_type, OLD.object,
        OLD.partnership, OLD.outcome, OLD.visibility, OLD.reason, OLD.request, OLD.changed, OLD.facts))
EXECUTE FUNCTION records_refuse();
CREATE TRIGGER records_refuse_sealed BEFORE INSERT ON records FOR EACH ROW
WHEN (NEW.seq IS NOT NULL) EXECUTE FUNCTION records_refuse();
CREATE TRIGGER records_refuse_delete BEFORE DELETE ON records FOR EACH ROW EXECUTE FUNCTION records_refuse();
CREATE TRIGGER records_refuse_truncate BEFORE TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION records_refuse();

CREATE TABLE record_consumers (
    name text PRIMARY KEY NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    updated_at timestamptz NOT NULL
);

-- Answers kept for repeats of the same request.
CREATE TABLE idempotency_keys (
    caller text NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, operation, key)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- Who does the background work, until when.
CREATE TABLE leases (
    name text PRIMARY KEY NOT NULL,
    holder uuid NOT NULL,
    expires_at timestamptz NOT NULL
);

-- The outbox. Text is sealed, and wiped once it is out.
CREATE TABLE mails (
    id uuid PRIMARY KEY NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body bytea,
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts integer NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    CHECK ((state = 'waiting') = (body IS NOT NULL))
);
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE state = 'waiting';

-- Facts about this installation: the fingerprint of its secret, the bootstrap token's digest.
CREATE TABLE installation (
    name text PRIMARY KEY NOT NULL,
    value bytea NOT NULL,
    expires_at timestamptz
);

-- Attempts counted across processes and restarts, by digest.
CREATE TABLE throttles (
    key bytea PRIMARY KEY NOT NULL,
    arrival_at timestamptz NOT NULL
);
CREATE INDEX throttles_rested ON throttles (arrival_at);
