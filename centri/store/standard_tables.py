"""What no dictionary knows, counted."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from centri.store.tables import ID, metadata, moment, texts, whole

standardisation_miss = Table(
    "standardisation_miss",
    metadata,
    *texts("kind", "raw", required=True),
    whole("count", 0),
    *texts("example_entity", required=True),
    Column("example_id", ID, nullable=False),
    moment("first_seen", required=True),
    moment("last_seen", required=True),
    PrimaryKeyConstraint("kind", "raw"),
)
"""``raw`` is what people wrote, its first letters where it is long. It was first and last seen when such rows were made."""
