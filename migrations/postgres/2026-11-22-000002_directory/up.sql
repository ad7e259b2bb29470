-- Agencies and their areas. Public to read.
CREATE TABLE agencies (
    id uuid PRIMARY KEY NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('police', 'code_enforcement', 'local_government', 'school', 'other')),
    time_zone text NOT NULL,
    website text,
    address text,
    -- The emergency block, which everything that takes a report answers with.
    emergency text NOT NULL,
    text_to_911 boolean NOT NULL,
    non_emergency text NOT NULL,
    tips text,
    tty text,
    languages jsonb NOT NULL,
    notice text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX agencies_one_name ON agencies (name_key);
CREATE INDEX agencies_of_kind ON agencies (kind, name_key, id);

-- city → division → district → beat → neighborhood.
CREATE TABLE areas (
    id uuid PRIMARY KEY NOT NULL,
    agency_id uuid NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    parent_id uuid REFERENCES areas (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('city', 'division', 'district', 'beat', 'neighborhood')),
    name text NOT NULL,
    name_key text NOT NULL,
    code text,
    -- GeoJSON Polygon or MultiPolygon, and its bounding box.
    geometry jsonb,
    min_lon double precision,
    min_lat double precision,
    max_lon double precision,
    max_lat double precision,
    households integer CHECK (households >= 0),
    retired_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((kind = 'city') = (parent_id IS NULL)),
    CHECK ((geometry IS NULL) = (min_lon IS NULL) AND (geometry IS NULL) = (min_lat IS NULL)
        AND (geometry IS NULL) = (max_lon IS NULL) AND (geometry IS NULL) = (max_lat IS NULL))
);
CREATE INDEX areas_of_agency ON areas (agency_id, name_key, id);
CREATE INDEX areas_of_parent ON areas (parent_id, name_key, id);
CREATE UNIQUE INDEX areas_one_name ON areas (agency_id, kind, name_key) WHERE retired_at IS NULL;
CREATE INDEX areas_in_order ON areas (name_key, id) WHERE retired_at IS NULL;
-- Everything that is asked of a box, so that the index alone tells which areas may have a point in them.
CREATE INDEX areas_by_box ON areas (min_lat, max_lat, min_lon, max_lon, retired_at) WHERE retired_at IS NULL;

-- Every area with all that it lies in, itself included (depth 0).
CREATE TABLE area_ancestors (
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    ancestor_id uuid NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    depth integer NOT NULL CHECK (depth >= 0),
    CONSTRAINT area_ancestors_pkey PRIMARY KEY (area_id, ancestor_id)
);
CREATE INDEX area_ancestors_below ON area_ancestors (ancestor_id, area_id);

-- Useful links in the three groups of the source page.
CREATE TABLE resource_links (
    id uuid PRIMARY KEY NOT NULL,
    agency_id uuid NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    area_id uuid REFERENCES areas (id) ON DELETE RESTRICT,
    link_group text NOT NULL CHECK (link_group IN ('local_government', 'organizations_partners', 'crime_prevention')),
    title text NOT NULL,
    title_key text NOT NULL,
    url text NOT NULL,
    phone text,
    languages jsonb NOT NULL,
    cost text,
    status text NOT NULL CHECK (status IN ('unchecked', 'ok', 'moved', 'broken')),
    checked_at timestamptz,
    retired_at timestamptz,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX resource_links_of_agency ON resource_links (agency_id, title_key, id);
CREATE INDEX resource_links_of_area ON resource_links (area_id, title_key, id);
CREATE INDEX resource_links_of_group ON resource_links (link_group, title_key, id) WHERE retired_at IS NULL;
CREATE INDEX resource_links_in_order ON resource_links (title_key, id) WHERE retired_at IS NULL;
