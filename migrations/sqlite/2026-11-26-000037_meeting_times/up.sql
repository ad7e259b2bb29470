-- When a meeting was last given another time: whoever may attend learns of it then.
CREATE TABLE meeting_times (
    meeting_id BLOB PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
