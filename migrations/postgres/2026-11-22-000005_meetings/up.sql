-- Meetings of partnerships. The wall-clock times are the rule; the instants are computed from them and the zone.
CREATE TABLE meetings (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('regular', 'special', 'first', 'annual', 'committee', 'watch', 'business_association', 'training', 'court_watch', 'town_hall')),
    format text NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
    title text NOT NULL,
    title_key text NOT NULL,
    purpose text,
    starts_local text NOT NULL,
    ends_local text NOT NULL,
    time_zone text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    place_kind text NOT NULL CHECK (place_kind IN ('public', 'private_home', 'online')),
    place_name text NOT NULL,
    place_address text,
    visibility text NOT NULL CHECK (visibility IN ('public', 'members', 'leaders')),
    capacity integer CHECK (capacity >= 1),
    -- Persons whose yes was taken, with their guests.
    places_taken integer NOT NULL CHECK (places_taken >= 0),
    languages jsonb NOT NULL,
    accessibility text,
    state text NOT NULL CHECK (state IN ('scheduled', 'in_session', 'adjourned', 'minuted', 'cancelled')),
    -- Rises when time or place change or the meeting is cancelled, for calendars (RFC 5545).
    sequence integer NOT NULL CHECK (sequence >= 0),
    cancel_reason text,
    started_at timestamptz,
    adjourned_at timestamptz,
    scheduled_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK (capacity IS NULL OR places_taken <= capacity),
    CHECK ((format = 'online') = (place_kind = 'online')),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CHECK (state NOT IN ('adjourned', 'minuted') OR adjourned_at IS NOT NULL)
);
CREATE INDEX meetings_of_partnership ON meetings (partnership_id, starts_at, id);
CREATE INDEX meetings_of_area ON meetings (area_id, starts_at, id);
CREATE INDEX meetings_by_visibility ON meetings (visibility, starts_at, id);
CREATE INDEX meetings_by_scheduler ON meetings (scheduled_by_id);

CREATE TABLE rsvps (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    answer text NOT NULL CHECK (answer IN ('yes', 'no', 'maybe')),
    guests integer NOT NULL CHECK (guests BETWEEN 0 AND 5),
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (answer <> 'no' OR guests = 0)
);
CREATE UNIQUE INDEX rsvps_one_each ON rsvps (meeting_id, account_id);
CREATE INDEX rsvps_of_meeting ON rsvps (meeting_id, created_at, id);
CREATE INDEX rsvps_of_account ON rsvps (account_id);

-- Who was there, by person. What was recorded by mistake goes; the record keeps that it did.
CREATE TABLE attendances (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The member's side when it was recorded.
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    recorded_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX attendances_one_each ON attendances (meeting_id, account_id);
CREATE INDEX attendances_of_meeting ON attendances (meeting_id, created_at, id);
CREATE INDEX attendances_of_account ON attendances (account_id);
CREATE INDEX attendances_by_recorder ON attendances (recorded_by_id);

-- Who was there, counted: whoever is not recorded by person.
CREATE TABLE head_counts (
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    organisation_kind text NOT NULL CHECK (organisation_kind IN ('residents_group', 'neighborhood_watch', 'business_or_merchant_association', 'citizen_activist_group', 'faith', 'school_or_youth', 'health_or_social_service', 'public_service_agency', 'local_government', 'philanthropy', 'media', 'other')),
    heads integer NOT NULL CHECK (heads BETWEEN 0 AND 10000),
    recorded_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT head_counts_pkey PRIMARY KEY (meeting_id, side, organisation_kind)
);
CREATE INDEX head_counts_by_recorder ON head_counts (recorded_by_id);

-- The minutes of a meeting; their text stands in their versions.
CREATE TABLE minutes (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'published')),
    visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
    -- The version of the text that counts.
    number integer NOT NULL CHECK (number >= 1),
    approved_at timestamptz,
    published_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'draft') = (approved_at IS NULL)),
    CHECK ((state = 'published') = (published_at IS NOT NULL))
);
CREATE UNIQUE INDEX minutes_one_each ON minutes (meeting_id);

-- Append-only.
CREATE TABLE minutes_versions (
    id uuid PRIMARY KEY NOT NULL,
    minutes_id uuid NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    text text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
    written_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX minutes_versions_in_order ON minutes_versions (minutes_id, number);
CREATE INDEX minutes_versions_by_writer ON minutes_versions (written_by_id);

CREATE TABLE minutes_signatures (
    id uuid PRIMARY KEY NOT NULL,
    minutes_id uuid NOT NULL REFERENCES minutes (id) ON DELETE RESTRICT,
    side text NOT NULL CHECK (side IN ('civilian', 'police')),
    seat_id uuid NOT NULL REFERENCES leadership_seats (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- When the text that it stands under was written anew.
    voided_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX minutes_signatures_one_per_side ON minutes_signatures (minutes_id, side) WHERE voided_at IS NULL;
CREATE INDEX minutes_signatures_of_minutes ON minutes_signatures (minutes_id);
CREATE INDEX minutes_signatures_of_seat ON minutes_signatures (seat_id);
CREATE INDEX minutes_signatures_of_account ON minutes_signatures (account_id);

-- What somebody took on at a meeting.
CREATE TABLE action_items (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    what text NOT NULL,
    assignee_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    due_on date NOT NULL,
    -- Said by whoever writes the minutes: nobody wanted to take it on.
    no_owner_found boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    drop_reason text,
    closed_at timestamptz,
    created_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state = 'dropped') = (drop_reason IS NOT NULL))
);
CREATE INDEX action_items_of_meeting ON action_items (meeting_id, created_at, id);
CREATE INDEX action_items_of_assignee ON action_items (assignee_id, state, due_on);
CREATE INDEX action_items_by_creator ON action_items (created_by_id);

-- What officers log of meetings that they attended, anybody's.
CREATE TABLE officer_logs (
    id uuid PRIMARY KEY NOT NULL,
    officer_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    agency_id uuid NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    -- Made by the officer's device: the same log again is the same log.
    client_uuid uuid NOT NULL,
    attended_on date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    group_kind text NOT NULL CHECK (group_kind IN ('neighborhood_watch', 'business_merchant_association', 'citizen_activist', 'faith', 'public_service_agency', 'school', 'tenant', 'partnership', 'other')),
    group_name text,
    meeting_id uuid REFERENCES meetings (id) ON DELETE RESTRICT,
    partnership_id uuid REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    role text NOT NULL CHECK (role IN ('attended', 'presented', 'co_chaired', 'facilitated')),
    community_count integer NOT NULL CHECK (community_count BETWEEN 0 AND 10000),
    police_count integer NOT NULL CHECK (police_count BETWEEN 0 AND 10000),
    agency_count integer NOT NULL CHECK (agency_count BETWEEN 0 AND 10000),
    summary text NOT NULL,
    -- Topics, concerns, commitments, follow-ups, referrals, handouts, language, next date.
    details jsonb NOT NULL,
    prep_minutes integer CHECK (prep_minutes BETWEEN 0 AND 1440),
    travel_minutes integer CHECK (travel_minutes BETWEEN 0 AND 1440),
    mood integer CHECK (mood BETWEEN 1 AND 5),
    is_late boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('submitted', 'confirmed', 'disputed', 'unconfirmed')),
    -- The civilian leader who confirmed or disputed it.
    decided_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at timestamptz,
    dispute_reason text,
    -- When it was logged or last amended; answers are taken for a while from then on.
    submitted_at timestamptz NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((group_name IS NULL) <> (meeting_id IS NULL)),
    CHECK (meeting_id IS NULL OR partnership_id IS NOT NULL),
    CHECK (ends_at >= starts_at),
    CHECK ((state IN ('confirmed', 'disputed')) = (decided_by_id IS NOT NULL)),
    CHECK ((decided_by_id IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'disputed') = (dispute_reason IS NOT NULL))
);
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
    id uuid PRIMARY KEY NOT NULL,
    officer_log_id uuid NOT NULL REFERENCES officer_logs (id) ON DELETE RESTRICT,
    number integer NOT NULL CHECK (number >= 1),
    content jsonb NOT NULL,
    -- Why it was amended.
    reason text,
    created_at timestamptz NOT NULL,
    CHECK ((number = 1) = (reason IS NULL))
);
CREATE UNIQUE INDEX officer_log_versions_in_order ON officer_log_versions (officer_log_id, number);
