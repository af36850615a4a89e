"""Rows that went into others, what people said of pairs, and indexes for finding what hangs on a row.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from centri.store.tables import SERIAL, Json, UtcDateTime, utc_now

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _merge_log()
    _match_pair()
    for table in ("account", "contact"):
        _pointer(table, "merged_into_id", table, cyclic=True)
    _pointer("lead", "duplicate_of_contact_id", "contact", cyclic=False)
    op.create_index(op.f("ix_account_parent_account_id"), "account", ["parent_account_id"])
    op.create_index(op.f("ix_lead_converted_contact_id"), "lead", ["converted_contact_id"])
    op.create_index(op.f("ix_lead_converted_account_id"), "lead", ["converted_account_id"])
    op.create_index(op.f("ix_lead_master_lead_id"), "lead", ["master_lead_id"])
    op.create_index(op.f("ix_opportunity_competitor_account_id"), "opportunity", ["competitor_account_id"])


def _pointer(table: str, column: str, target: str, *, cyclic: bool) -> None:
    """A column that names another row; a ``cyclic`` one is checked when the transaction ends."""
    when: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"} if cyclic else {}
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(column, sa.String(36)))
        batch.create_foreign_key(op.f(f"fk_{table}_{column}"), target, [column], ["id"], **when)
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _merge_log() -> None:
    op.create_table(
        "merge_log",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("survivor_id", sa.String(36), nullable=False),
        sa.Column("loser_id", sa.String(36), nullable=False),
        sa.Column("run_id", sa.String(36)),
        sa.Column("actor", sa.Text),
        sa.Column("because", sa.Text),
        sa.Column("probability", sa.Float),
        sa.Column("at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("survivor_before", Json(), nullable=False),
        sa.Column("loser_before", Json(), nullable=False),
        sa.Column("winners", Json(), nullable=False),
        sa.Column("changed", Json(), nullable=False),
        sa.Column("children", Json(), nullable=False),
        sa.Column("links", Json(), nullable=False),
        sa.Column("undone_at", UtcDateTime()),
        sa.Column("undone_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_merge_log_entity_survivor_id"), "merge_log", ["entity", "survivor_id"])
    op.create_index(op.f("ix_merge_log_entity_loser_id"), "merge_log", ["entity", "loser_id"])


def _match_pair() -> None:
    op.create_table(
        "match_pair",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("one_entity", sa.Text, nullable=False),
        sa.Column("one_id", sa.String(36), nullable=False),
        sa.Column("other_entity", sa.Text, nullable=False),
        sa.Column("other_id", sa.String(36), nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.CheckConstraint("word IN ('same', 'apart')", name=op.f("ck_match_pair_word")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_pair")),
        sa.UniqueConstraint(
            "one_entity", "one_id", "other_entity", "other_id", name=op.f("uq_match_pair_one_entity_one_id_other_entity_other_id")
        ),
        sqlite_autoincrement=True,
    )
