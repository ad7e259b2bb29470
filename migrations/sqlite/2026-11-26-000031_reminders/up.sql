-- The sequence of which members were reminded last; NULL where they never were.
ALTER TABLE meetings ADD COLUMN reminded_sequence INTEGER CHECK (reminded_sequence >= 0);
CREATE INDEX meetings_to_remind ON meetings (starts_at) WHERE reminded_sequence IS NULL;
CREATE INDEX meetings_to_remind_again ON meetings (starts_at) WHERE reminded_sequence < sequence;

-- Each member is reminded of each sequence of a meeting once, and that it was is kept with the letter.
CREATE TABLE meeting_reminders (
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    mail_id BLOB NOT NULL REFERENCES mails (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (meeting_id, sequence, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX meeting_reminders_of_account ON meeting_reminders (account_id);
CREATE INDEX meeting_reminders_by_mail ON meeting_reminders (mail_id);
