-- What a leader wrote down of what was said aloud, of which side and when; it counts once a leader of the other side has
-- confirmed it. What one leader alone had written down before stays as it is.
ALTER TABLE meeting_decisions ADD COLUMN spoken TEXT CHECK (spoken IS NULL OR recorded_by_id IS NOT NULL);
ALTER TABLE meeting_decisions ADD COLUMN confirmed_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT
    CHECK (confirmed_by_id IS NULL OR (spoken IS NOT NULL AND confirmed_by_id <> recorded_by_id));
CREATE INDEX meeting_decisions_by_confirmer ON meeting_decisions (confirmed_by_id);
