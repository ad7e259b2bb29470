ALTER TABLE tasks DROP COLUMN opened_at;
