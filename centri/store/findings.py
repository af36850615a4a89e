"""Anomalies in the store: one open for each subject, repeats count up, what was mended is resolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from centri.anomalies import Anomaly, Severity
from centri.records import PRM
from centri.store.journal_tables import OPEN, sync_anomaly
from centri.store.upsert import upsert


def open_(conn: Connection, anomalies: Iterable[Anomaly], *, now: datetime) -> Counter[str]:
    """Open anomalies, or count up the open ones of the same (connection, ref, field, kind).

    Answers how many records are set aside for a reason that is new, by entity; mere remarks do not count.
    """
    found = {subject(a): a for a in anomalies}
    if not found:
        return Counter()
    known = _known(conn, found)
    rows = [_row(a, now) for a in found.values()]
    counted = {"occurrences": sync_anomaly.c.occurrences + 1}
    fresh = ("severity", "stage", "note", "raw", "detail", "mapping_version", "last_seen", "prm_id")
    upsert(conn, sync_anomaly, rows, ("subject",), update=fresh, where=OPEN, also=counted)
    news = {(a.entity, a.ref) for s, a in found.items() if s not in known and a.severity is not Severity.INFO}
    return Counter(entity for entity, _ in news)


def _known(conn: Connection, subjects: Collection[str]) -> set[str]:
    t = sync_anomaly.c
    return set(conn.execute(select(t.subject).where(t.subject.in_(list(subjects)), t.state == "open")).scalars())


def resolve(
    conn: Connection, connection: str, entity: str, stage: str, *, crm_ids: Collection[str], prm_ids: Collection[str],
    still: Collection[str], now: datetime,
) -> None:  # fmt: skip
    """Close the open anomalies of records that were looked at again, but for the subjects ``still`` found and mere remarks."""
    t = sync_anomaly.c
    about: list[ColumnElement[bool]] = []
    if crm_ids:
        about.append(t.crm_id.in_(crm_ids))
    if prm_ids:
        about.append(and_(t.crm_id.is_(None), t.prm_id.in_(prm_ids)))
    if not about:
        return
    where: list[ColumnElement[bool]] = [
        t.connection == connection,
        t.entity == entity,
        t.stage == stage,
        t.state == "open",
        t.severity != "info",
        or_(*about),
    ]
    if still:
        where.append(t.subject.not_in(still))
    conn.execute(update(sync_anomaly).where(*where).values(state="resolved", resolved_at=now))


def listed(
    conn: Connection, *, state: str | None = "open", connection: str | None = None, most: int = 1000
) -> list[Mapping[str, Any]]:
    t = sync_anomaly.c
    query = select(sync_anomaly).order_by(t.last_seen.desc(), t.id.desc()).limit(most)
    if state:
        query = query.where(t.state == state)
    if connection:
        query = query.where(t.connection == connection)
    return [dict(row) for row in conn.execute(query).mappings()]


def any_open(conn: Connection, connection: str, entity: str) -> bool:
    t = sync_anomaly.c
    query = select(t.id).where(t.connection == connection, t.entity == entity, t.state == "open").limit(1)
    return conn.execute(query).first() is not None


def open_about(entity: str, kind: str, prm_id: ColumnElement[str]) -> ColumnElement[bool]:
    """A condition: an anomaly of that kind is open about the PRM record of an outer query's row."""
    t = sync_anomaly.c
    return select(t.id).where(t.entity == entity, t.kind == kind, t.state == "open", t.prm_id == prm_id).exists()


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Open anomalies by connection and kind."""
    t = sync_anomaly.c
    query = select(t.connection, t.kind, func.count()).where(t.state == "open").group_by(t.connection, t.kind)
    return {(c or "", k): n for c, k, n in conn.execute(query)}


def subject(anomaly: Anomaly) -> str:
    """What makes two anomalies the same one."""
    return "|".join((anomaly.connection, anomaly.entity, *anomaly.ref, anomaly.field, anomaly.kind))


def _row(anomaly: Anomaly, now: datetime) -> dict[str, Any]:
    in_prm = anomaly.ref.system == PRM
    return {
        "subject": subject(anomaly),
        "connection": anomaly.connection,
        "entity": anomaly.entity,
        "object": None if in_prm else anomaly.ref.object,
        "crm_id": None if in_prm else anomaly.ref.id,
        "prm_id": anomaly.ref.id if in_prm else anomaly.detail.get("prm_id"),
        "field": anomaly.field,
        "kind": anomaly.kind,
        "severity": anomaly.severity,
        "stage": anomaly.stage,
        "note": anomaly.note,
        "raw": dict(anomaly.raw),
        "detail": dict(anomaly.detail),
        "mapping_version": anomaly.mapping_version,
        "state": "open",
        "first_seen": now,
        "last_seen": now,
    }
