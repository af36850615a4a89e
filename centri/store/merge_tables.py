"""What became of duplicates: which row went into which, and what people said of pairs."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Table, UniqueConstraint

from centri.store.tables import ID, choice, json, metadata, moment, serial, texts

merge_log = Table(
    "merge_log",
    metadata,
    serial(),
    *texts("entity", required=True),
    Column("survivor_id", ID, nullable=False),
    Column("loser_id", ID, nullable=False),
    Column("run_id", ID),
    *texts("actor", "because"),
    Column("probability", Float),
    moment("at", default=True),
    json("survivor_before", required=True),
    json("loser_before", required=True),
    json("winners", required=True),
    json("changed", required=True),
    json("children", required=True),
    json("links", required=True),
    moment("undone_at"),
    *texts("undone_by"),
    Index(None, "entity", "survivor_id"),
    Index(None, "entity", "loser_id"),
    sqlite_autoincrement=True,
)
"""One row for each record that went into another. Of ``changed``, ``children`` and ``links`` an undo is made."""

match_pair = Table(
    "match_pair",
    metadata,
    serial(),
    *texts("one_entity", required=True),
    Column("one_id", ID, nullable=False),
    *texts("other_entity", required=True),
    Column("other_id", ID, nullable=False),
    choice("word", "same", "apart", required=True),
    *texts("actor", "why"),
    moment("at", default=True),
    UniqueConstraint("one_entity", "one_id", "other_entity", "other_id"),
    sqlite_autoincrement=True,
)
"""What people said of two rows, the one that sorts first first; the latest word counts."""
