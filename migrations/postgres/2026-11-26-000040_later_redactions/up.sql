-- Passages of a correction that only members read, each with its reason.
ALTER TABLE minutes_corrections ADD COLUMN redactions jsonb NOT NULL DEFAULT '[]';
ALTER TABLE minutes_corrections ALTER COLUMN redactions DROP DEFAULT;

-- What was masked in published minutes and their corrections afterwards: put beside them, never in place of anything.
CREATE TABLE minutes_redactions (
    id uuid PRIMARY KEY NOT NULL,
    minutes_id uuid NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    -- Passages, each with its reason.
    redactions jsonb NOT NULL,
    -- Why they were not masked before.
    reason text NOT NULL,
    -- What everybody reads otherwise since, each with its SHA-256 before and after.
    renditions jsonb NOT NULL,
    redacted_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX minutes_redactions_in_order ON minutes_redactions (minutes_id, number);
CREATE INDEX minutes_redactions_by_redacter ON minutes_redactions (redacted_by_id);
