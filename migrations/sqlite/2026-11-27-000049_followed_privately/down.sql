DROP INDEX meetings_of_partnership;
CREATE INDEX meetings_of_partnership ON meetings (partnership_id, starts_at, id);
