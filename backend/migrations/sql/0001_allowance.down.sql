DROP TABLE backend_allowance;
