-- Meetings of which all members were reminded, as they were then.
CREATE TABLE reminded_meetings (
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (meeting_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX meetings_by_state ON meetings (state, starts_at);

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
