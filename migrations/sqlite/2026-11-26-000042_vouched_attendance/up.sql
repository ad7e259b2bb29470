-- Whether whoever keeps the attendance recorded it, or the person gave the code: who only says so counts in no quorum.
ALTER TABLE attendances ADD COLUMN is_vouched INTEGER NOT NULL DEFAULT 1 CHECK (is_vouched IN (0, 1));
