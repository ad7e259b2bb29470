DROP TABLE authenticator_resets;
DROP TABLE recovery_codes;
DROP TABLE authenticators;
