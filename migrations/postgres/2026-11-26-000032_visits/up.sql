-- A meeting of anybody's that officers attended, once, however many of them logged it.
CREATE TABLE officer_visits (
    id uuid PRIMARY KEY NOT NULL,
    -- The district that it took place in; the area that was named where that lies in none.
    area_id uuid NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    group_kind text NOT NULL CHECK (group_kind IN ('neighborhood_watch', 'business_merchant_association', 'citizen_activist', 'faith', 'public_service_agency', 'school', 'tenant', 'partnership', 'other')),
    group_name text,
    -- Folded: by it, the kind, the place and the time a colleague's log finds the visit.
    group_key text,
    -- One of our meetings: by it alone.
    meeting_id uuid REFERENCES meetings (id) ON DELETE RESTRICT,
    attended_on date NOT NULL,
    starts_at timestamptz NOT NULL,
    first_logged_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL,
    CHECK ((group_name IS NULL) = (group_key IS NULL)),
    CHECK ((group_key IS NULL) <> (meeting_id IS NULL))
);
CREATE UNIQUE INDEX officer_visits_one_per_meeting ON officer_visits (meeting_id);
CREATE INDEX officer_visits_of_area ON officer_visits (area_id, attended_on, group_key);
CREATE INDEX officer_visits_by_first ON officer_visits (first_logged_by_id);

-- Which visit a log tells of.
CREATE TABLE officer_visit_logs (
    officer_log_id uuid NOT NULL REFERENCES officer_logs (id) ON DELETE CASCADE,
    visit_id uuid NOT NULL REFERENCES officer_visits (id) ON DELETE RESTRICT,
    CONSTRAINT officer_visit_logs_pkey PRIMARY KEY (officer_log_id)
);
CREATE INDEX officer_visit_logs_of_visit ON officer_visit_logs (visit_id, officer_log_id);

-- Logs from before tell of a visit each, but for those of one meeting of ours.
INSERT INTO officer_visits
SELECT l.id,
    coalesce((SELECT a.id FROM area_ancestors t JOIN areas a ON a.id = t.ancestor_id
              WHERE t.area_id = l.area_id AND a.kind = 'district' ORDER BY t.depth LIMIT 1), l.area_id),
    l.group_kind, l.group_name, lower(l.group_name), l.meeting_id, l.attended_on, l.starts_at, l.officer_id, l.created_at
FROM officer_logs l
WHERE NOT EXISTS (SELECT 1 FROM officer_logs m WHERE m.meeting_id = l.meeting_id AND m.id < l.id);
INSERT INTO officer_visit_logs
SELECT l.id, coalesce((SELECT v.id FROM officer_visits v WHERE v.meeting_id = l.meeting_id), l.id) FROM officer_logs l;
