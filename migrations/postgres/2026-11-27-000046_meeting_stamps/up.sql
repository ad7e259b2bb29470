-- What the meetings of a partnership are known by: another one with every change of any of them, whoever makes it, so that what was
-- read of them before is known to be so still. Random and no number, for a restored backup has lower numbers.
CREATE TABLE meeting_stamps (
    partnership_id uuid PRIMARY KEY REFERENCES partnerships (id) ON DELETE CASCADE,
    stamp uuid NOT NULL
);
INSERT INTO meeting_stamps SELECT partnership_id, gen_random_uuid() FROM meetings GROUP BY partnership_id;
CREATE FUNCTION meetings_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO meeting_stamps SELECT partnership_id, gen_random_uuid()
    FROM (SELECT OLD.partnership_id UNION SELECT NEW.partnership_id) AS changed (partnership_id)
    -- It may be gone by now.
    WHERE EXISTS (SELECT FROM partnerships WHERE partnerships.id = changed.partnership_id) ORDER BY partnership_id
    ON CONFLICT (partnership_id) DO UPDATE SET stamp = excluded.stamp;
    RETURN NULL;
END $$;
-- When the transaction is about to be kept: whoever changes several meetings of a partnership would else hold the stamp while
-- waiting for one that somebody else is changing, who waits for the stamp. Whoever changes meetings of several partnerships goes
-- through them in the order of their ids.
CREATE CONSTRAINT TRIGGER meetings_stamp AFTER INSERT OR UPDATE OR DELETE ON meetings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION meetings_stamp();

-- What somebody answered to the meetings of a list, in one go and from the index alone.
DROP INDEX rsvps_of_account;
CREATE INDEX rsvps_of_account ON rsvps (account_id, meeting_id, answer, guests, updated_at);
