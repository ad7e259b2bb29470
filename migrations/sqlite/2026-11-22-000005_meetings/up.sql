-- Meetings of partnerships. The wall-clock times are the rule; the instants are computed from them and the zone.
CREATE TABLE meetings (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('regular', 'special', 'first', 'annual', 'committee', 'watch', 'business_association', 'training', 'court_watch', 'town_hall')),
    format TEXT NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    purpose TEXT,
    starts_local TEXT NOT NULL,
    ends_local TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    place_kind TEXT NOT NULL CHECK (place_kind IN ('public', 'private_home', 'online')),
    place_name TEXT NOT NULL,
    place_address TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members', 'leaders')),
    capacity INTEGER CHECK (capacity >= 1),
    -- Persons whose yes was taken, with their guests.
    places_taken INTEGER NOT NULL CHECK (places_taken >= 0),
    languages TEXT NOT NULL,
    accessibility TEXT,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'in_session', 'adjourned', 'minuted', 'cancelled')),
    -- Rises when time or place change or the meeting is cancelled, for calendars (RFC 5545).
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    cancel_reason TEXT,
    started_at INTEGER,
    adjourned_at INTEGER,
    scheduled_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK (capacity IS NULL OR places_taken <= capacity),
    CHECK ((format = 'online') = (place_kind = 'online')),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CHECK (state NOT IN ('adjourned', 'minuted') OR adjourned_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX meetings_of_partnership ON meetings (partnership_id, starts_at, id);
CREATE INDEX meetings_of_area ON meetings (area_id, starts_at, id);
CREATE INDEX meetings_by_visibility ON meetings (visibility, starts_at, id);
CREATE INDEX meetings_by_scheduler ON meetings (scheduled_by_id);

CREATE TABLE rsvps (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    answer TEXT NOT NULL CHECK (answer IN ('yes', 'no', 'maybe')),
    guests INTEGER NOT NULL CHECK (guests BETWEEN 0 AND 5),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (answer <> 'no' OR guests = 0)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX rsvps_one_each ON rsvps (meeting_id, account_id);
CREATE INDEX rsvps_of_meeting ON rsvps (meeting_id, created_at, id);
CREATE INDEX rsvps_of_account ON rsvps (account_id);

-- Who was there, by person. What was recorded by mistake goes; the record keeps that it did.
CREATE TABLE attendances (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The member's side when it was recorded.
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    recorded_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX attendances_one_each ON attendances (meeting_id, account_id);
CREATE INDEX attendances_of_meeting ON attendances (meeting_id, created_at, id);
CREATE INDEX attendances_of_account ON attendances (account_id);
CREATE INDEX attendances_by_recorder ON attendances (recorded_by_id);

-- Who was there, counted: whoever is not recorded by person.
CREATE TABLE head_counts (
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    organisation_kind TEXT NOT NULL CHECK (organisation_kind IN ('residents_group', 'neighborhood_watch', 'business_or_merchant_association', 'citizen_activist_group', 'faith', 'school_or_youth', 'health_or_social_service', 'public_service_agency', 'local_government', 'philanthropy', 'media', 'other')),
    heads INTEGER NOT NULL CHECK (heads BETWEEN 0 AND 10000),
    recorded_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT head_counts_pkey PRIMARY KEY (meeting_id, side, organisation_kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX head_counts_by_recorder ON head_counts (recorded_by_id);

-- The minutes of a meeting; their text stands in their versions.
CREATE TABLE minutes (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'published')),
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    -- The version of the text that counts.
    number INTEGER NOT NULL CHECK (number >= 1),
    approved_at INTEGER,
    published_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'draft') = (approved_at IS NULL)),
    CHECK ((state = 'published') = (published_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX minutes_one_each ON minutes (meeting_id);

-- Append-only.
CREATE TABLE minutes_versions (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    text TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
    written_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX minutes_versions_in_order ON minutes_versions (minutes_id, number);
CREATE INDEX minutes_versions_by_writer ON minutes_versions (written_by_id);

CREATE TABLE minutes_signatures (
    id BLOB PRIMARY KEY NOT NULL,
    minutes_id BLOB NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id BLOB NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was written anew.
    voided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX minutes_signatures_one_per_side ON minutes_signatures (minutes_id, side) WHERE voided_at IS NULL;
CREATE INDEX minutes_signatures_of_minutes ON minutes_signatures (minutes_id);
CREATE INDEX minutes_signatures_of_seat ON minutes_signatures (seat_id);
CREATE INDEX minutes_signatures_of_account ON minutes_signatures (account_id);

-- What somebody took on at a meeting.
CREATE TABLE action_items (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    what TEXT NOT NULL,
    assignee_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    due_on TEXT NOT NULL,
    -- Said by whoever writes the minutes: nobody wanted to take it on.
    no_owner_found INTEGER NOT NULL CHECK (no_owner_found IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    drop_reason TEXT,
    closed_at INTEGER,
    created_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state = 'dropped') = (drop_reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX action_items_of_meeting ON action_items (meeting_id, created_at, id);
CREATE INDEX action_items_of_assignee ON action_items (assignee_id, state, due_on);
CREATE INDEX action_items_by_creator ON action_items (created_by_id);

-- What officers log of meetings that they attended, anybody's.
CREATE TABLE officer_logs (
    id BLOB PRIMARY KEY NOT NULL,
    officer_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    agency_id BLOB NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    -- Made by the officer's device: the same log again is the same log.
    client_uuid BLOB NOT NULL,
    attended_on TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    group_kind TEXT NOT NULL CHECK (group_kind IN ('neighborhood_watch', 'business_merchant_association', 'citizen_activist', 'faith', 'public_service_agency', 'school', 'tenant', 'partnership', 'other')),
    group_name TEXT,
    meeting_id BLOB REFERENCES meetings (id) ON DELETE RESTRICT,
    partnership_id BLOB REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    role TEXT NOT NULL CHECK (role IN ('attended', 'presented', 'co_chaired', 'facilitated')),
    community_count INTEGER NOT NULL CHECK (community_count BETWEEN 0 AND 10000),
    police_count INTEGER NOT NULL CHECK (police_count BETWEEN 0 AND 10000),
    agency_count INTEGER NOT NULL CHECK (agency_count BETWEEN 0 AND 10000),
    summary TEXT NOT NULL,
    -- Topics, concerns, commitments, follow-ups, referrals, handouts, language, next date.
    details TEXT NOT NULL,
    prep_minutes INTEGER CHECK (prep_minutes BETWEEN 0 AND 1440),
    travel_minutes INTEGER CHECK (travel_minutes BETWEEN 0 AND 1440),
    mood INTEGER CHECK (mood BETWEEN 1 AND 5),
    is_late INTEGER NOT NULL CHECK (is_late IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('submitted', 'confirmed', 'disputed', 'unconfirmed')),
    -- The civilian leader who confirmed or disputed it.
    decided_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at INTEGER,
    dispute_reason TEXT,
    -- When it was logged or last amended; answers are taken for a while from then on.
    submitted_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((group_name IS NULL) <> (meeting_id IS NULL)),
    CHECK (meeting_id IS NULL OR partnership_id IS NOT NULL),
    CHECK (ends_at >= starts_at),
    CHECK ((state IN ('confirmed', 'disputed')) = (decided_by_id IS NOT NULL)),
    CHECK ((decided_by_id IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'disputed') = (dispute_reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX officer_logs_one_per_client_uuid ON officer_logs (officer_id, client_uuid);
CREATE INDEX officer_logs_of_officer ON officer_logs (officer_id, starts_at, id);
CREATE INDEX officer_logs_of_agency ON officer_logs (agency_id, starts_at, id);
CREATE INDEX officer_logs_of_area ON officer_logs (area_id, starts_at, id);
CREATE INDEX officer_logs_of_partnership ON officer_logs (partnership_id, starts_at, id);
CREATE INDEX officer_logs_of_meeting ON officer_logs (meeting_id);
CREATE INDEX officer_logs_by_decider ON officer_logs (decided_by_id);
CREATE INDEX officer_logs_waiting ON officer_logs (state, submitted_at);

-- Append-only: the log as it was submitted and after each amendment, whole.
CREATE TABLE officer_log_versions (
    id BLOB PRIMARY KEY NOT NULL,
    officer_log_id BLOB NOT NULL REFERENCES officer_logs (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    content TEXT NOT NULL,
    -- Why it was amended.
    reason TEXT,
    created_at INTEGER NOT NULL,
    CHECK ((number = 1) = (reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX officer_log_versions_in_order ON officer_log_versions (officer_log_id, number);
