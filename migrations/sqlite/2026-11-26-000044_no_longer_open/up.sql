-- Whoever was told of an open meeting is told that it is open no more. That is of the same sequence as the notice before it, and
-- so is that of a meeting that is open again.
CREATE TABLE notices_remade (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'changed', 'not_open', 'cancelled')),
    -- The meeting's sequence that it tells of, and when that begins.
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    starts_at INTEGER NOT NULL,
    -- Whether it was given as long before the meeting as its kind demands.
    is_in_time INTEGER NOT NULL CHECK (is_in_time IN (0, 1)),
    -- The last subscription that it was passed on to; no foreign key, it is a place in an order.
    passed_on_to BLOB,
    given_at INTEGER NOT NULL,
    passed_on_at INTEGER,
    told_digest BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO notices_remade
SELECT id, meeting_id, number, kind, sequence, starts_at, is_in_time, passed_on_to, given_at, passed_on_at, told_digest
FROM notices;
CREATE TABLE notice_deliveries_remade (
    notice_id BLOB NOT NULL REFERENCES notices_remade (id) ON DELETE RESTRICT,
    subscription_id BLOB NOT NULL REFERENCES notice_subscriptions (id) ON DELETE RESTRICT,
    mail_id BLOB NOT NULL REFERENCES mails (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, subscription_id)
) STRICT, WITHOUT ROWID;
INSERT INTO notice_deliveries_remade SELECT notice_id, subscription_id, mail_id, created_at FROM notice_deliveries;
DROP TABLE notice_deliveries;
DROP TABLE notices;
ALTER TABLE notices_remade RENAME TO notices;
ALTER TABLE notice_deliveries_remade RENAME TO notice_deliveries;
CREATE UNIQUE INDEX notices_in_order ON notices (meeting_id, number);
CREATE INDEX notices_under_way ON notices (given_at) WHERE passed_on_at IS NULL;
CREATE INDEX notice_deliveries_of_subscription ON notice_deliveries (subscription_id);
CREATE INDEX notice_deliveries_by_mail ON notice_deliveries (mail_id);
-- Meetings that people were told of and that are not open any more.
CREATE INDEX meetings_told_and_closed ON meetings (starts_at) WHERE noticed_sequence IS NOT NULL AND visibility <> 'public';
-- Whoever asks again has two days anew.
DROP INDEX notice_subscriptions_unconfirmed;
CREATE INDEX notice_subscriptions_unconfirmed ON notice_subscriptions (updated_at) WHERE state = 'requested';
