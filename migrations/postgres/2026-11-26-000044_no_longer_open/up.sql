-- Whoever was told of an open meeting is told that it is open no more. That is of the same sequence as the notice before it, and
-- so is that of a meeting that is open again.
DROP INDEX notices_one_per_sequence;
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('scheduled', 'changed', 'not_open', 'cancelled'));
-- Meetings that people were told of and that are not open any more.
CREATE INDEX meetings_told_and_closed ON meetings (starts_at) WHERE noticed_sequence IS NOT NULL AND visibility <> 'public';
-- Whoever asks again has two days anew.
DROP INDEX notice_subscriptions_unconfirmed;
CREATE INDEX notice_subscriptions_unconfirmed ON notice_subscriptions (updated_at) WHERE state = 'requested';
