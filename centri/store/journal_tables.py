"""The engine's own tables: what was staged, which records are the same, what is to be sent, what was set aside, what ran."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, Table, Text, TextClause, UniqueConstraint, text

from centri.store.tables import ID, choice, flag, json, metadata, moment, new_id, serial, texts, whole

UNSETTLED = text("state <> 'done'")
"""Which staging rows are one for each record: the target of an upsert into ``sync_staging``."""
ACTIVE = text("state = 'active'")
UNSENT = text("state IN ('queued', 'waiting', 'sending')")
"""Which deliveries are one for each link: the target of an upsert into ``sync_delivery``."""
OPEN = text("state = 'open'")
"""Which anomalies are one for each subject: the target of an upsert into ``sync_anomaly``."""


def _one_for_each(name: str, *columns: str, where: TextClause) -> Index:
    return Index(name, *columns, unique=True, postgresql_where=where, sqlite_where=where)


sync_staging = Table(
    "sync_staging",
    metadata,
    serial(),
    *texts("connection", "object", "entity", "crm_id", required=True),
    moment("stamp"),
    Column("version", Text, nullable=False, server_default=text("''")),
    json("values", required=True),
    flag("deleted", default=False),
    *texts("merged_into"),
    json("converted_to", default="{}"),
    choice("state", "open", "waiting", "done", default="open"),
    *texts("outcome", "note", "waits_for", "run_id"),
    json("again"),
    moment("staged_at", default=True),
    moment("settled_at"),
    _one_for_each("uq_sync_staging_unsettled", "connection", "entity", "crm_id", where=UNSETTLED),
    Index(None, "connection", "entity", "state", "id"),
    sqlite_autoincrement=True,
)

ROLES = ("origin", "mirror", "push_lead", "converted_to", "secondary")

sync_link = Table(
    "sync_link",
    metadata,
    serial(),
    *texts("connection", "object", "crm_id", "entity", required=True),
    Column("prm_id", ID, nullable=False),
    choice("role", *ROLES, required=True),
    choice("state", "active", "disconnected", "merged", "deleted_remote", "unlinked", default="active"),
    json("crm_seen", default="{}"),
    json("prm_seen", default="{}"),
    flag("converted", default=False),
    Column("crm_version", Text, nullable=False, server_default=text("''")),
    moment("crm_changed_at"),
    *texts("mapping_version", "run_id"),
    moment("created_at", default=True),
    moment("updated_at", default=True),
    whole("changes", 0),
    moment("changes_since"),
    json("changes_of", default="{}"),
    *texts("swept_by"),
    UniqueConstraint("connection", "object", "crm_id", "entity", "role"),
    _one_for_each("uq_sync_link_active", "entity", "prm_id", "connection", "object", "role", where=ACTIVE),
    Index(None, "connection", "crm_id"),
    Index(None, "entity", "prm_id", "connection"),
    sqlite_autoincrement=True,
)

sync_cursor = Table(
    "sync_cursor",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    moment("stamp", required=True),
    *texts("crm_id", required=True),
    *texts("run_id"),
    moment("updated_at", default=True),
)

sync_spoke = Table(
    "sync_spoke",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    flag("creates", default=False),
    Index(None, "entity"),
)

sync_dirty = Table(
    "sync_dirty",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("prm_id", ID, primary_key=True),
    Column("connection", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Index(None, "connection", "entity"),
)

sync_delivery = Table(
    "sync_delivery",
    metadata,
    Column("id", ID, primary_key=True, server_default=new_id()),
    *texts("connection", "object", "entity", required=True),
    Column("prm_id", ID, nullable=False),
    choice("role", *ROLES, required=True),
    *texts("crm_id"),
    choice("op", "create", "update", required=True),
    json("values", required=True),
    json("sent", default="{}"),
    json("seen", default="{}"),
    Column("expected", Text, nullable=False, server_default=text("''")),
    json("key"),
    choice("state", "queued", "waiting", "sending", "done", "dropped", "rejected", default="queued"),
    whole("attempts", 0),
    moment("next_at"),
    *texts("error", "run_id"),
    moment("created_at", default=True),
    moment("updated_at", default=True),
    *texts("pushed_by"),
    json("stored"),
    json("tried"),
    _one_for_each("uq_sync_delivery_unsent", "connection", "object", "entity", "prm_id", "role", where=UNSENT),
    Index(None, "connection", "object", "state"),
)

sync_anomaly = Table(
    "sync_anomaly",
    metadata,
    serial(),
    *texts("subject", required=True),
    *texts("connection", "entity", "object", "crm_id"),
    Column("prm_id", ID),
    *texts("field"),
    *texts("kind", "severity", required=True),
    *texts("stage", "note"),
    json("raw", default="{}"),
    json("detail", default="{}"),
    *texts("mapping_version"),
    choice("state", "open", "resolved", "ignored", default="open"),
    whole("occurrences", 1),
    moment("first_seen", default=True),
    moment("last_seen", default=True),
    moment("resolved_at"),
    _one_for_each("uq_sync_anomaly_open", "subject", where=OPEN),
    sqlite_autoincrement=True,
)

sync_run = Table(
    "sync_run",
    metadata,
    Column("id", ID, primary_key=True, server_default=new_id()),
    *texts("dagster_run_id"),
    *texts("connection", "name", required=True),
    moment("started_at", default=True),
    moment("ended_at"),
    *texts("status", required=True),
    json("counters", default="{}"),
    *texts("cursor_before", "cursor_after"),
    Index(None, "started_at"),
)

sync_schema = Table(
    "sync_schema",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    json("description", required=True),
    moment("fetched_at", default=True),
)

sync_mapping = Table(
    "sync_mapping",
    metadata,
    Column("sha", Text, primary_key=True),
    *texts("path", required=True),
    moment("loaded_at", default=True),
    *texts("text", required=True),
)

sync_connection = Table(
    "sync_connection",
    metadata,
    Column("connection", Text, primary_key=True),
    *texts("org"),
    moment("pinned_at"),
    moment("handshake_at"),
    moment("armed_at"),
    *texts("armed_by"),
    moment("paused_at"),
    *texts("paused_by", "paused_why"),
    whole("calls_limit"),
    whole("calls_used"),
    moment("calls_told_at"),
)

sync_calls = Table(
    "sync_calls",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("purpose", Text, primary_key=True),
    whole("calls", 0),
)

sync_lease = Table(
    "sync_lease",
    metadata,
    Column("name", Text, primary_key=True),
    *texts("holder"),
    whole("token", 0),
    moment("until"),
    flag("gives_way", default=False),
    moment("wanted_at"),
)

sync_backfill = Table(
    "sync_backfill",
    metadata,
    Column("id", ID, primary_key=True, server_default=new_id()),
    *texts("connection", "object", "entity", required=True),
    moment("since"),
    moment("until"),
    json("fields", default="[]"),
    moment("stamp"),
    *texts("crm_id"),
    json("counters", default="{}"),
    moment("began_at", default=True),
    moment("ended_at"),
)
"""What was or is read again, and up to which record; ``fields`` are those to take again, all newly mapped ones where empty."""

sync_hint = Table(
    "sync_hint",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    moment("given_at", default=True),
)

sync_worker = Table(
    "sync_worker",
    metadata,
    Column("connection", Text, primary_key=True),
    *texts("holder", required=True),
    moment("started_at", default=True),
    moment("beat_at", default=True),
    whole("runs", 0),
    *texts("doing"),
)

sync_step = Table(
    "sync_step",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    moment("succeeded_at"),
    moment("failed_at"),
    whole("failures", 0),
    *texts("error", "run_id"),
)

sync_alert = Table(
    "sync_alert",
    metadata,
    Column("trouble", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    moment("since", required=True),
    *texts("why", required=True),
    moment("calm_since"),
)
