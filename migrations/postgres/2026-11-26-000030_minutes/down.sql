DROP TABLE minutes_correction_assents;
DROP TABLE minutes_corrections;
DROP TABLE correction_requests;
ALTER INDEX minutes_assents_one_per_side RENAME TO minutes_signatures_one_per_side;
ALTER INDEX minutes_assents_of_minutes RENAME TO minutes_signatures_of_minutes;
ALTER INDEX minutes_assents_of_seat RENAME TO minutes_signatures_of_seat;
ALTER INDEX minutes_assents_of_account RENAME TO minutes_signatures_of_account;
ALTER TABLE minutes_assents RENAME TO minutes_signatures;
ALTER TABLE minutes_versions DROP COLUMN redactions;
DROP INDEX minutes_of_decision;
DROP INDEX minutes_to_approve;
ALTER TABLE minutes
    DROP CONSTRAINT minutes_state_check,
    DROP CONSTRAINT minutes_when_approved,
    DROP CONSTRAINT minutes_how_approved,
    DROP CONSTRAINT minutes_when_published,
    DROP CONSTRAINT minutes_first_circulated,
    DROP CONSTRAINT minutes_when_circulated,
    DROP CONSTRAINT minutes_decided,
    DROP CONSTRAINT minutes_hashes,
    DROP CONSTRAINT minutes_hashed;
UPDATE minutes SET state = 'draft' WHERE approved_at IS NULL;
ALTER TABLE minutes
    DROP COLUMN first_circulated_at,
    DROP COLUMN circulated_at,
    DROP COLUMN assented_at,
    DROP COLUMN open_requests,
    DROP COLUMN decision_id,
    DROP COLUMN approval,
    DROP COLUMN content_hash,
    DROP COLUMN public_hash;
ALTER TABLE minutes
    ADD CONSTRAINT minutes_state_check CHECK (state IN ('draft', 'approved', 'published')),
    ADD CONSTRAINT minutes_check CHECK ((state = 'draft') = (approved_at IS NULL)),
    ADD CONSTRAINT minutes_check1 CHECK ((state = 'published') = (published_at IS NOT NULL));
