-- Since when the open meetings law binds a partnership, and why; one of them at a time. Ended ones stay.
CREATE TABLE open_meetings_policies (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    reason TEXT NOT NULL,
    set_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    ending_reason TEXT,
    ended_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((ended_at IS NULL) = (ended_by_id IS NULL)),
    CHECK ((ended_at IS NULL) = (ending_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX open_meetings_policies_one_on ON open_meetings_policies (partnership_id) WHERE ended_at IS NULL;
CREATE INDEX open_meetings_policies_of_partnership ON open_meetings_policies (partnership_id, created_at);
CREATE INDEX open_meetings_policies_by_setter ON open_meetings_policies (set_by_id);
CREATE INDEX open_meetings_policies_by_ender ON open_meetings_policies (ended_by_id);
