ALTER TABLE notices DROP COLUMN told_digest;
