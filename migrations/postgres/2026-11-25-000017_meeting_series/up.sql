-- Series of meetings. The rule (RFC 5545) is kept in local time with its zone; its meetings are rows of their own.
CREATE TABLE meeting_series (
    id uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    -- The series that it goes on with, from a certain meeting on.
    follows_id uuid REFERENCES meeting_series (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('regular', 'special', 'first', 'annual', 'committee', 'watch', 'business_association', 'training', 'court_watch', 'town_hall')),
    format text NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
    title text NOT NULL,
    purpose text,
    -- Complete, without its end.
    rule text NOT NULL,
    starts_local text NOT NULL,
    ends_local text NOT NULL,
    time_zone text NOT NULL,
    -- When the last meeting of the rule begins, on the clock and as a moment.
    last_local text NOT NULL,
    last_starts_at timestamptz NOT NULL,
    -- Days that are left out (EXDATE).
    excluded jsonb NOT NULL,
    place_kind text NOT NULL CHECK (place_kind IN ('public', 'private_home', 'online')),
    place_name text NOT NULL,
    place_address text,
    visibility text NOT NULL CHECK (visibility IN ('public', 'members', 'leaders')),
    capacity integer CHECK (capacity >= 1),
    languages jsonb NOT NULL,
    accessibility text,
    state text NOT NULL CHECK (state IN ('running', 'continued', 'cancelled')),
    cancel_reason text,
    sequence integer NOT NULL CHECK (sequence >= 0),
    -- Meetings that begin until then have been put down.
    planned_until timestamptz NOT NULL,
    scheduled_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((format = 'online') = (place_kind = 'online')),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
);
CREATE INDEX meeting_series_of_partnership ON meeting_series (partnership_id, created_at, id);
CREATE INDEX meeting_series_of_area ON meeting_series (area_id);
CREATE INDEX meeting_series_after_another ON meeting_series (follows_id);
CREATE INDEX meeting_series_by_scheduler ON meeting_series (scheduled_by_id);
CREATE INDEX meeting_series_to_plan ON meeting_series (state, planned_until);

-- Which meetings are of a series, and by which time its rule has them (RECURRENCE-ID).
CREATE TABLE series_instances (
    meeting_id uuid PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    series_id uuid NOT NULL REFERENCES meeting_series (id) ON DELETE RESTRICT,
    recurrence_local text NOT NULL,
    -- Changed or cancelled by itself: changes of the whole series leave it as it is.
    is_changed boolean NOT NULL
);
CREATE UNIQUE INDEX series_instances_one_each ON series_instances (series_id, recurrence_local);
