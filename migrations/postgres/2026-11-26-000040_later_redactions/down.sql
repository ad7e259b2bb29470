ALTER TABLE minutes DROP COLUMN declined_at, DROP COLUMN maintained_requests;
ALTER TABLE correction_requests
    DROP CONSTRAINT correction_requests_state_check,
    DROP CONSTRAINT correction_requests_answered,
    DROP CONSTRAINT correction_requests_declined,
    DROP CONSTRAINT correction_requests_maintained,
    DROP COLUMN maintained_at;
UPDATE correction_requests SET state = 'declined' WHERE state = 'maintained';
UPDATE correction_requests SET answered_by_id = NULL WHERE state = 'withdrawn';
UPDATE correction_requests SET decline_reason = NULL WHERE state <> 'declined';
ALTER TABLE correction_requests
    ADD CONSTRAINT correction_requests_state_check CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
    ADD CONSTRAINT correction_requests_check1
        CHECK ((state IN ('accepted', 'declined')) = (answered_by_id IS NOT NULL)),
    ADD CONSTRAINT correction_requests_check2 CHECK ((state = 'declined') = (decline_reason IS NOT NULL));
DROP TABLE minutes_redactions;
ALTER TABLE minutes_corrections DROP COLUMN redactions;
