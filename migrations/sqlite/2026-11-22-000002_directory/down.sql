DROP TABLE resource_links;
DROP TABLE area_ancestors;
DROP TABLE areas;
DROP TABLE agencies;
