"""What matching keeps: which companies changed, what was said of each lead, and what people decided once and for all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Table, Text, UniqueConstraint

from centri.store.tables import ID, choice, flag, json, metadata, moment, new_id, serial, texts

match_change = Table(
    "match_change",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("prm_id", ID, primary_key=True),
    Column("mark", BigInteger, nullable=False),
    Index(None, "mark"),
)
"""Accounts and partners that changed, each once, as triggers enter them; for ``mark`` see :mod:`centri.store.match_marks`."""

match_state = Table(
    "match_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("mark", BigInteger),
    Column("id", ID, nullable=False, server_default=new_id()),
)
"""``store`` names this store by its ``id``; ``leads`` holds the mark up to which leads were looked at again."""

lead_match = Table(
    "lead_match",
    metadata,
    Column("lead_id", ID, primary_key=True),
    *texts("candidate", "runner_up"),
    Column("score", Float, nullable=False),
    choice("verdict", "match", "review", "none", required=True),
    *texts("code", "because", "company_class", "names_version", "model", "mapping_sha"),
    json("tied", default="[]"),
    moment("at", default=True),
    Index(None, "candidate"),
    Index(None, "verdict"),
)
"""What matching last said of each lead. ``candidate`` and ``runner_up`` are ``entity/id``."""

KINDS = ("lead", "email", "domain", "name")

match_override = Table(
    "match_override",
    metadata,
    serial(),
    choice("kind", *KINDS, required=True),
    *texts("key", "company", required=True),
    choice("verdict", "always", "never", required=True),
    *texts("actor", "note"),
    moment("at", default=True),
    UniqueConstraint("kind", "key", "company"),
    Index(None, "company"),
    sqlite_autoincrement=True,
)
"""A person said that this lead, address, domain or name is ``always`` or ``never`` this company (``entity/id``)."""

match_decision = Table(
    "match_decision",
    metadata,
    serial(),
    Column("lead_id", ID, nullable=False),
    *texts("company"),
    flag("right", default=True),
    *texts("actor"),
    moment("at", default=True),
    json("lead", required=True),
    Index(None, "lead_id"),
    sqlite_autoincrement=True,
)
"""What a person answered: that a lead is, or is not, this company, or (null) none. ``lead`` is what the lead said then."""
