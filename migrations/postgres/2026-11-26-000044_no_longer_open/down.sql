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
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('scheduled', 'changed', 'cancelled'));
CREATE UNIQUE INDEX notices_one_per_sequence ON notices (meeting_id, sequence);
