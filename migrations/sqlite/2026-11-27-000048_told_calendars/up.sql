-- Calendars are named by what their readers see, which is counted without looking at the meetings themselves.
DROP INDEX meetings_by_version;
DROP INDEX meetings_of_area_by_partnership;
CREATE INDEX meetings_by_version ON meetings (partnership_id, visibility, version, updated_at);
CREATE INDEX meetings_of_area_by_partnership ON meetings (area_id, partnership_id, visibility);
