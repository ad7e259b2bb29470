-- What the meetings of a partnership are known by: another one with every change of any of them, whoever makes it, so that what was
-- read of them before is known to be so still. Random and no number, for a restored backup has lower numbers.
CREATE TABLE meeting_stamps (
    partnership_id BLOB PRIMARY KEY NOT NULL REFERENCES partnerships (id) ON DELETE CASCADE,
    stamp BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meeting_stamps SELECT partnership_id, randomblob(16) FROM meetings GROUP BY partnership_id;
CREATE TRIGGER meetings_stamp_insert AFTER INSERT ON meetings
BEGIN
    INSERT INTO meeting_stamps VALUES (NEW.partnership_id, randomblob(16))
    ON CONFLICT (partnership_id) DO UPDATE SET stamp = excluded.stamp;
END;
CREATE TRIGGER meetings_stamp_update AFTER UPDATE ON meetings
BEGIN
    INSERT INTO meeting_stamps VALUES (NEW.partnership_id, randomblob(16))
    ON CONFLICT (partnership_id) DO UPDATE SET stamp = excluded.stamp;
    INSERT INTO meeting_stamps SELECT OLD.partnership_id, randomblob(16) WHERE OLD.partnership_id <> NEW.partnership_id
    ON CONFLICT (partnership_id) DO UPDATE SET stamp = excluded.stamp;
END;
CREATE TRIGGER meetings_stamp_delete AFTER DELETE ON meetings
BEGIN
    INSERT INTO meeting_stamps VALUES (OLD.partnership_id, randomblob(16))
    ON CONFLICT (partnership_id) DO UPDATE SET stamp = excluded.stamp;
END;

-- What somebody answered to the meetings of a list, in one go and from the index alone.
DROP INDEX rsvps_of_account;
CREATE INDEX rsvps_of_account ON rsvps (account_id, meeting_id, answer, guests, updated_at);
