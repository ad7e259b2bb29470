DROP TABLE officer_visit_logs;
DROP TABLE officer_visits;
