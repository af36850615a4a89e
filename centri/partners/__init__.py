"""Decisions about partners."""
