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

-- Whoever asked for a correction can maintain it once it is declined; then minutes are approved by decision alone.
ALTER TABLE correction_requests
    DROP CONSTRAINT correction_requests_state_check,
    DROP CONSTRAINT correction_requests_check1,
    DROP CONSTRAINT correction_requests_check2,
    -- When whoever asked said that they want it all the same, after it was declined.
    ADD COLUMN maintained_at timestamptz;
ALTER TABLE correction_requests
    ADD CONSTRAINT correction_requests_state_check
        CHECK (state IN ('open', 'accepted', 'declined', 'maintained', 'withdrawn')),
    ADD CONSTRAINT correction_requests_answered
        CHECK (state NOT IN ('accepted', 'declined', 'maintained') OR answered_by_id IS NOT NULL),
    ADD CONSTRAINT correction_requests_declined
        CHECK (state NOT IN ('declined', 'maintained') OR decline_reason IS NOT NULL),
    ADD CONSTRAINT correction_requests_maintained CHECK (state <> 'maintained' OR maintained_at IS NOT NULL);
-- Requests that were declined and are maintained; when one was last declined.
ALTER TABLE minutes ADD COLUMN maintained_requests integer NOT NULL DEFAULT 0 CHECK (maintained_requests >= 0);
ALTER TABLE minutes ALTER COLUMN maintained_requests DROP DEFAULT;
ALTER TABLE minutes ADD COLUMN declined_at timestamptz;
