DROP TABLE plan_signatures;
DROP TABLE plan_individuals;
DROP TABLE plan_procedures;
DROP TABLE plan_techniques;
DROP TABLE communication_plans;
