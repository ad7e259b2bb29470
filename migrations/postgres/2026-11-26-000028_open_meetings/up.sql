-- Since when the open meetings law binds a partnership, and why; one of them at a time. Ended ones stay.
CREATE TABLE open_meetings_policies (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    reason text NOT NULL,
    set_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    ending_reason text,
    ended_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    ended_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((ended_at IS NULL) = (ended_by_id IS NULL)),
    CHECK ((ended_at IS NULL) = (ending_reason IS NULL))
);
CREATE UNIQUE INDEX open_meetings_policies_one_on ON open_meetings_policies (partnership_id) WHERE ended_at IS NULL;
CREATE INDEX open_meetings_policies_of_partnership ON open_meetings_policies (partnership_id, created_at);
CREATE INDEX open_meetings_policies_by_setter ON open_meetings_policies (set_by_id);
CREATE INDEX open_meetings_policies_by_ender ON open_meetings_policies (ended_by_id);
