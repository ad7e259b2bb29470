DROP INDEX meetings_of_area_by_partnership;
DROP INDEX meetings_by_version;
DROP TABLE calendar_addresses;
