-- Whether whoever keeps the attendance recorded it, or the person gave the code: who only says so counts in no quorum.
ALTER TABLE attendances ADD COLUMN is_vouched BOOLEAN NOT NULL DEFAULT true;
