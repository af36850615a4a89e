"""Dagster: the engine as assets, jobs and runs."""
