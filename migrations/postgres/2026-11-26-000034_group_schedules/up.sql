-- When a group that is not one of ours meets, as far as an officer or a commander knows: what attendance is compared with.
CREATE TABLE group_schedules (
    id uuid PRIMARY KEY NOT NULL,
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    -- The district of the area, as visits have it.
    place_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    group_kind text NOT NULL CHECK (group_kind IN ('neighborhood_watch', 'business_merchant_association', 'citizen_activist', 'faith', 'public_service_agency', 'school', 'tenant', 'partnership', 'other')),
    group_name text NOT NULL,
    group_key text NOT NULL,
    -- Complete (RFC 5545), without its end.
    rule text NOT NULL,
    -- When the first and the last meeting of the rule begin, on the clock there.
    starts_local text NOT NULL,
    last_local text NOT NULL,
    time_zone text NOT NULL,
    put_down_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The last day on which it counts, where it was ended.
    ended_on date,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX group_schedules_of_area ON group_schedules (area_id, created_at, id);
CREATE INDEX group_schedules_of_group ON group_schedules (place_id, group_kind, group_key);
CREATE INDEX group_schedules_by_author ON group_schedules (put_down_by_id);
