-- Series of meetings. The rule (RFC 5545) is kept in local time with its zone; its meetings are rows of their own.
CREATE TABLE meeting_series (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    -- The series that it goes on with, from a certain meeting on.
    follows_id BLOB REFERENCES meeting_series (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('regular', 'special', 'first', 'annual', 'committee', 'watch', 'business_association', 'training', 'court_watch', 'town_hall')),
    format TEXT NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
    title TEXT NOT NULL,
    purpose TEXT,
    -- Complete, without its end.
    rule TEXT NOT NULL,
    starts_local TEXT NOT NULL,
    ends_local TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    -- When the last meeting of the rule begins, on the clock and as a moment.
    last_local TEXT NOT NULL,
    last_starts_at INTEGER NOT NULL,
    -- Days that are left out (EXDATE).
    excluded TEXT NOT NULL,
    place_kind TEXT NOT NULL CHECK (place_kind IN ('public', 'private_home', 'online')),
    place_name TEXT NOT NULL,
    place_address TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members', 'leaders')),
    capacity INTEGER CHECK (capacity >= 1),
    languages TEXT NOT NULL,
    accessibility TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'continued', 'cancelled')),
    cancel_reason TEXT,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    -- Meetings that begin until then have been put down.
    planned_until INTEGER NOT NULL,
    scheduled_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((format = 'online') = (place_kind = 'online')),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX meeting_series_of_partnership ON meeting_series (partnership_id, created_at, id);
CREATE INDEX meeting_series_of_area ON meeting_series (area_id);
CREATE INDEX meeting_series_after_another ON meeting_series (follows_id);
CREATE INDEX meeting_series_by_scheduler ON meeting_series (scheduled_by_id);
CREATE INDEX meeting_series_to_plan ON meeting_series (state, planned_until);

-- Which meetings are of a series, and by which time its rule has them (RECURRENCE-ID).
CREATE TABLE series_instances (
    meeting_id BLOB PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    series_id BLOB NOT NULL REFERENCES meeting_series (id) ON DELETE RESTRICT,
    recurrence_local TEXT NOT NULL,
    -- Changed or cancelled by itself: changes of the whole series leave it as it is.
    is_changed INTEGER NOT NULL CHECK (is_changed IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX series_instances_one_each ON series_instances (series_id, recurrence_local);
