"""Decisions about pairs of records."""
