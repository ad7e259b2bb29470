-- When a meeting was last given another time: whoever may attend learns of it then.
CREATE TABLE meeting_times (
    meeting_id uuid PRIMARY KEY REFERENCES meetings (id) ON DELETE CASCADE,
    set_at timestamptz NOT NULL
);
