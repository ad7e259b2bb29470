DROP INDEX meetings_of_area_by_partnership;
DROP INDEX meetings_by_version;
CREATE INDEX meetings_by_version ON meetings (partnership_id, version);
CREATE INDEX meetings_of_area_by_partnership ON meetings (area_id, partnership_id);
