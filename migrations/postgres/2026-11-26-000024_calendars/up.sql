-- Secret addresses of people's own calendars. Whoever makes another one, or wants none, ends the one before: its row goes.
CREATE TABLE calendar_addresses (
    id uuid PRIMARY KEY NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Keyed, of the token in the address; the token itself is nowhere.
    token_digest bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX calendar_addresses_one_each ON calendar_addresses (account_id);
CREATE UNIQUE INDEX calendar_addresses_by_token ON calendar_addresses (token_digest);

-- What names a feed is read from these alone: how many meetings of a partnership have which version, and which partnerships
-- meet for an area.
CREATE INDEX meetings_by_version ON meetings (partnership_id, version);
CREATE INDEX meetings_of_area_by_partnership ON meetings (area_id, partnership_id);
