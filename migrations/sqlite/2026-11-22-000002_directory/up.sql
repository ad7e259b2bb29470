-- Agencies and their areas. Public to read.
CREATE TABLE agencies (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('police', 'code_enforcement', 'local_government', 'school', 'other')),
    time_zone TEXT NOT NULL,
    website TEXT,
    address TEXT,
    -- The emergency block, which everything that takes a report answers with.
    emergency TEXT NOT NULL,
    text_to_911 INTEGER NOT NULL CHECK (text_to_911 IN (0, 1)),
    non_emergency TEXT NOT NULL,
    tips TEXT,
    tty TEXT,
    languages TEXT NOT NULL,
    notice TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX agencies_one_name ON agencies (name_key);
CREATE INDEX agencies_of_kind ON agencies (kind, name_key, id);

-- city → division → district → beat → neighborhood.
CREATE TABLE areas (
    id BLOB PRIMARY KEY NOT NULL,
    agency_id BLOB NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    parent_id BLOB REFERENCES areas (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('city', 'division', 'district', 'beat', 'neighborhood')),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    code TEXT,
    -- GeoJSON Polygon or MultiPolygon, and its bounding box.
    geometry TEXT,
    min_lon REAL,
    min_lat REAL,
    max_lon REAL,
    max_lat REAL,
    households INTEGER CHECK (households >= 0),
    retired_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((kind = 'city') = (parent_id IS NULL)),
    CHECK ((geometry IS NULL) = (min_lon IS NULL) AND (geometry IS NULL) = (min_lat IS NULL)
        AND (geometry IS NULL) = (max_lon IS NULL) AND (geometry IS NULL) = (max_lat IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX areas_of_agency ON areas (agency_id, name_key, id);
CREATE INDEX areas_of_parent ON areas (parent_id, name_key, id);
CREATE UNIQUE INDEX areas_one_name ON areas (agency_id, kind, name_key) WHERE retired_at IS NULL;
CREATE INDEX areas_in_order ON areas (name_key, id) WHERE retired_at IS NULL;
-- Everything that is asked of a box, so that the index alone tells which areas may have a point in them.
CREATE INDEX areas_by_box ON areas (min_lat, max_lat, min_lon, max_lon, retired_at) WHERE retired_at IS NULL;

-- Every area with all that it lies in, itself included (depth 0).
CREATE TABLE area_ancestors (
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    ancestor_id BLOB NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    depth INTEGER NOT NULL CHECK (depth >= 0),
    CONSTRAINT area_ancestors_pkey PRIMARY KEY (area_id, ancestor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX area_ancestors_below ON area_ancestors (ancestor_id, area_id);

-- Useful links in the three groups of the source page.
CREATE TABLE resource_links (
    id BLOB PRIMARY KEY NOT NULL,
    agency_id BLOB NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    area_id BLOB REFERENCES areas (id) ON DELETE RESTRICT,
    link_group TEXT NOT NULL CHECK (link_group IN ('local_government', 'organizations_partners', 'crime_prevention')),
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    url TEXT NOT NULL,
    phone TEXT,
    languages TEXT NOT NULL,
    cost TEXT,
    status TEXT NOT NULL CHECK (status IN ('unchecked', 'ok', 'moved', 'broken')),
    checked_at INTEGER,
    retired_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_links_of_agency ON resource_links (agency_id, title_key, id);
CREATE INDEX resource_links_of_area ON resource_links (area_id, title_key, id);
CREATE INDEX resource_links_of_group ON resource_links (link_group, title_key, id) WHERE retired_at IS NULL;
CREATE INDEX resource_links_in_order ON resource_links (title_key, id) WHERE retired_at IS NULL;
