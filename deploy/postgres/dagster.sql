-- Dagster's own database lies beside the PRM store.
CREATE DATABASE dagster OWNER centri;
