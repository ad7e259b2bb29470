-- What a meeting came back to under item 1: as it was when it began, and how each of it stood when it ended.
CREATE TABLE meeting_follow_ups (
    meeting_id BLOB PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- The first of it, each with its outcome once the meeting has ended.
    items TEXT NOT NULL,
    -- How much there was.
    count INTEGER NOT NULL CHECK (count >= 0),
    created_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT, WITHOUT ROWID;

-- Who wants no reminders of meetings.
CREATE TABLE stopped_reminders (
    account_id BLOB PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Since when and until when somebody was there, where that is not the whole meeting.
ALTER TABLE attendances ADD COLUMN arrived_at INTEGER;
ALTER TABLE attendances ADD COLUMN left_at INTEGER;
