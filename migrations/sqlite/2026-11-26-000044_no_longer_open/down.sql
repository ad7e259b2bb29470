DROP INDEX notice_subscriptions_unconfirmed;
CREATE INDEX notice_subscriptions_unconfirmed ON notice_subscriptions (created_at) WHERE state = 'requested';
DROP INDEX meetings_told_and_closed;
-- Of notices of the same sequence the last stays.
DELETE FROM notice_deliveries WHERE notice_id IN (
    SELECT one.id FROM notices AS one WHERE one.kind = 'not_open' OR EXISTS (
        SELECT 1 FROM notices AS other
        WHERE other.meeting_id = one.meeting_id AND other.sequence = one.sequence AND other.number > one.number
            AND other.kind <> 'not_open'
    )
);
DELETE FROM notices WHERE kind = 'not_open' OR EXISTS (
    SELECT 1 FROM notices AS other
    WHERE other.meeting_id = notices.meeting_id AND other.sequence = notices.sequence AND other.number > notices.number
        AND other.kind <> 'not_open'
);
CREATE TABLE notices_before (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'changed', 'cancelled')),
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
INSERT INTO notices_before
SELECT id, meeting_id, number, kind, sequence, starts_at, is_in_time, passed_on_to, given_at, passed_on_at, told_digest
FROM notices;
CREATE TABLE notice_deliveries_before (
    notice_id BLOB NOT NULL REFERENCES notices_before (id) ON DELETE RESTRICT,
    subscription_id BLOB NOT NULL REFERENCES notice_subscriptions (id) ON DELETE RESTRICT,
    mail_id BLOB NOT NULL REFERENCES mails (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, subscription_id)
) STRICT, WITHOUT ROWID;
INSERT INTO notice_deliveries_before SELECT notice_id, subscription_id, mail_id, created_at FROM notice_deliveries;
DROP TABLE notice_deliveries;
DROP TABLE notices;
ALTER TABLE notices_before RENAME TO notices;
ALTER TABLE notice_deliveries_before RENAME TO notice_deliveries;
CREATE UNIQUE INDEX notices_in_order ON notices (meeting_id, number);
CREATE INDEX notices_under_way ON notices (given_at) WHERE passed_on_at IS NULL;
CREATE INDEX notice_deliveries_of_subscription ON notice_deliveries (subscription_id);
CREATE INDEX notice_deliveries_by_mail ON notice_deliveries (mail_id);
CREATE UNIQUE INDEX notices_one_per_sequence ON notices (meeting_id, sequence);
