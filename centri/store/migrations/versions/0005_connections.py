"""What is known of each connection, the calls it has cost, how often a link changes; products of interest become a list.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Json, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _sync_connection()
    _sync_calls()
    _sync_link()
    _sync_delivery()
    _audit_log()
    _product_interest()


def _sync_connection() -> None:
    op.create_table(
        "sync_connection",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("org", sa.Text),
        sa.Column("pinned_at", UtcDateTime()),
        sa.Column("handshake_at", UtcDateTime()),
        sa.Column("armed_at", UtcDateTime()),
        sa.Column("armed_by", sa.Text),
        sa.Column("paused_at", UtcDateTime()),
        sa.Column("paused_by", sa.Text),
        sa.Column("paused_why", sa.Text),
        sa.Column("calls_limit", sa.Integer),
        sa.Column("calls_used", sa.Integer),
        sa.Column("calls_told_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_sync_connection")),
    )


def _sync_calls() -> None:
    op.create_table(
        "sync_calls",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("connection", "day", "purpose", name=op.f("pk_sync_calls")),
    )


def _sync_link() -> None:
    op.add_column("sync_link", sa.Column("changes", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.add_column("sync_link", sa.Column("changes_since", UtcDateTime()))
    op.add_column("sync_link", sa.Column("changes_of", Json(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("sync_link", sa.Column("swept_by", sa.Text))


def _sync_delivery() -> None:
    op.add_column("sync_delivery", sa.Column("pushed_by", sa.Text))
    op.add_column("sync_delivery", sa.Column("stored", Json()))
    op.add_column("sync_delivery", sa.Column("tried", Json()))


def _audit_log() -> None:
    op.drop_index(op.f("ix_audit_log_cause_ref"), "audit_log")
    op.create_index(op.f("ix_audit_log_cause_ref_entity_entity_id"), "audit_log", ["cause_ref", "entity", "entity_id"])


def _product_interest() -> None:
    """One product of interest becomes a list of one; SQLite keeps JSON as text."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE lead ALTER product_interest TYPE jsonb USING jsonb_build_array(product_interest)")
        op.execute("UPDATE lead SET product_interest = NULL WHERE product_interest = '[null]'")
    else:
        op.execute("UPDATE lead SET product_interest = json_array(product_interest) WHERE product_interest IS NOT NULL")
