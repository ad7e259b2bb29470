-- What a meeting came back to under item 1: as it was when it began, and how each of it stood when it ended.
CREATE TABLE meeting_follow_ups (
    meeting_id uuid PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- The first of it, each with its outcome once the meeting has ended.
    items jsonb NOT NULL,
    -- How much there was.
    count bigint NOT NULL CHECK (count >= 0),
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);

-- Who wants no reminders of meetings.
CREATE TABLE stopped_reminders (
    account_id uuid PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL
);

-- Since when and until when somebody was there, where that is not the whole meeting.
ALTER TABLE attendances ADD COLUMN arrived_at timestamptz;
ALTER TABLE attendances ADD COLUMN left_at timestamptz;
