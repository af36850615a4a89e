"""The engine's own tables. There is no way back but a copy of the database made before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Json, UtcDateTime, new_id, utc_now

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _audit_log()
    _sync_staging()
    _sync_link()
    _sync_cursor()
    _sync_spoke()
    _sync_dirty()
    _sync_delivery()
    _sync_anomaly()
    _sync_run()
    _sync_schema()
    _sync_mapping()
    _sync_lease()


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("actor_type", sa.Text),
        sa.Column("actor", sa.Text),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("entity_id", sa.Text, nullable=False),
        sa.Column("field", sa.Text),
        sa.Column("old", Json()),
        sa.Column("new", Json()),
        sa.Column("cause_type", sa.Text),
        sa.Column("cause_ref", sa.Text),
        sa.Column("mapping_sha", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.CheckConstraint("cause_type IN ('run', 'command', 'rule', 'timer')", name=op.f("ck_audit_log_cause_type")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_log_cause_ref"), "audit_log", ["cause_ref"])
    op.create_index(op.f("ix_audit_log_entity_entity_id_at"), "audit_log", ["entity", "entity_id", "at"])


def _sync_staging() -> None:
    op.create_table(
        "sync_staging",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("crm_id", sa.Text, nullable=False),
        sa.Column("stamp", UtcDateTime()),
        sa.Column("version", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("values", Json(), nullable=False),
        sa.Column("deleted", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("merged_into", sa.Text),
        sa.Column("converted_to", Json(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text, server_default="open", nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("waits_for", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("staged_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("settled_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_staging")),
        sa.CheckConstraint("state IN ('open', 'waiting', 'done')", name=op.f("ck_sync_staging_state")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sync_staging_connection_entity_state_id"), "sync_staging", ["connection", "entity", "state", "id"])
    op.create_index(
        op.f("uq_sync_staging_unsettled"),
        "sync_staging",
        ["connection", "entity", "crm_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'done'"),
        sqlite_where=sa.text("state <> 'done'"),
    )


def _sync_link() -> None:
    op.create_table(
        "sync_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("crm_id", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("prm_id", sa.String(36), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="active", nullable=False),
        sa.Column("crm_seen", Json(), server_default="{}", nullable=False),
        sa.Column("prm_seen", Json(), server_default="{}", nullable=False),
        sa.Column("converted", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("crm_version", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("crm_changed_at", UtcDateTime()),
        sa.Column("mapping_version", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_link")),
        sa.UniqueConstraint(
            "connection", "object", "crm_id", "entity", "role", name=op.f("uq_sync_link_connection_object_crm_id_entity_role")
        ),
        sa.CheckConstraint(
            "role IN ('origin', 'mirror', 'push_lead', 'converted_to', 'secondary')", name=op.f("ck_sync_link_role")
        ),
        sa.CheckConstraint(
            "state IN ('active', 'disconnected', 'merged', 'deleted_remote', 'unlinked')", name=op.f("ck_sync_link_state")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sync_link_connection_crm_id"), "sync_link", ["connection", "crm_id"])
    op.create_index(op.f("ix_sync_link_entity_prm_id_connection"), "sync_link", ["entity", "prm_id", "connection"])
    op.create_index(
        op.f("uq_sync_link_active"),
        "sync_link",
        ["entity", "prm_id", "connection", "object", "role"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )


def _sync_cursor() -> None:
    op.create_table(
        "sync_cursor",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("stamp", UtcDateTime(), nullable=False),
        sa.Column("crm_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", name=op.f("pk_sync_cursor")),
    )


def _sync_spoke() -> None:
    op.create_table(
        "sync_spoke",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("creates", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "entity", name=op.f("pk_sync_spoke")),
    )
    op.create_index(op.f("ix_sync_spoke_entity"), "sync_spoke", ["entity"])


def _sync_dirty() -> None:
    op.create_table(
        "sync_dirty",
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("prm_id", sa.String(36), nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("entity", "prm_id", "connection", name=op.f("pk_sync_dirty")),
    )
    op.create_index(op.f("ix_sync_dirty_connection_entity"), "sync_dirty", ["connection", "entity"])


def _sync_delivery() -> None:
    op.create_table(
        "sync_delivery",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("prm_id", sa.String(36), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("crm_id", sa.Text),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("values", Json(), nullable=False),
        sa.Column("sent", Json(), server_default="{}", nullable=False),
        sa.Column("seen", Json(), server_default="{}", nullable=False),
        sa.Column("expected", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("key", Json()),
        sa.Column("state", sa.Text, server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", UtcDateTime()),
        sa.Column("error", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_delivery")),
        sa.CheckConstraint("op IN ('create', 'update')", name=op.f("ck_sync_delivery_op")),
        sa.CheckConstraint(
            "role IN ('origin', 'mirror', 'push_lead', 'converted_to', 'secondary')", name=op.f("ck_sync_delivery_role")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'waiting', 'sending', 'done', 'dropped', 'rejected')", name=op.f("ck_sync_delivery_state")
        ),
    )
    op.create_index(op.f("ix_sync_delivery_connection_object_state"), "sync_delivery", ["connection", "object", "state"])
    op.create_index(
        op.f("uq_sync_delivery_unsent"),
        "sync_delivery",
        ["connection", "object", "entity", "prm_id", "role"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'waiting', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'waiting', 'sending')"),
    )


def _sync_anomaly() -> None:
    op.create_table(
        "sync_anomaly",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("connection", sa.Text),
        sa.Column("entity", sa.Text),
        sa.Column("object", sa.Text),
        sa.Column("crm_id", sa.Text),
        sa.Column("prm_id", sa.String(36)),
        sa.Column("field", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("raw", Json(), server_default="{}", nullable=False),
        sa.Column("detail", Json(), server_default="{}", nullable=False),
        sa.Column("mapping_version", sa.Text),
        sa.Column("state", sa.Text, server_default="open", nullable=False),
        sa.Column("occurrences", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("first_seen", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("resolved_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_anomaly")),
        sa.CheckConstraint("state IN ('open', 'resolved', 'ignored')", name=op.f("ck_sync_anomaly_state")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("uq_sync_anomaly_open"),
        "sync_anomaly",
        ["subject"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )


def _sync_run() -> None:
    op.create_table(
        "sync_run",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("dagster_run_id", sa.Text),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("started_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("counters", Json(), server_default="{}", nullable=False),
        sa.Column("cursor_before", sa.Text),
        sa.Column("cursor_after", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    op.create_index(op.f("ix_sync_run_started_at"), "sync_run", ["started_at"])


def _sync_schema() -> None:
    op.create_table(
        "sync_schema",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("description", Json(), nullable=False),
        sa.Column("fetched_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", name=op.f("pk_sync_schema")),
    )


def _sync_mapping() -> None:
    op.create_table(
        "sync_mapping",
        sa.Column("sha", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("loaded_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sha", name=op.f("pk_sync_mapping")),
    )


def _sync_lease() -> None:
    op.create_table(
        "sync_lease",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("token", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("until", UtcDateTime()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sync_lease")),
    )
