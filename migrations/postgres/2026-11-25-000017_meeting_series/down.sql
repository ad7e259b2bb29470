DROP TABLE series_instances;
DROP TABLE meeting_series;
