ALTER TABLE attendances DROP COLUMN is_vouched;
