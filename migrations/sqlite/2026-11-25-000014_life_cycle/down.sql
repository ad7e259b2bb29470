DROP TABLE suspensions;
DROP TABLE agreement_signatures;
DROP TABLE agreements;
DROP TABLE life_cycles;
