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

UNRESOLVED = ("open", "ignored")
"""The states of what is not over: ignored only says that nobody wants to hear of it."""


def open_(conn: Connection, anomalies: Iterable[Anomaly], *, now: datetime) -> Counter[str]:
    """Open anomalies, or count up the open ones of the same (connection, ref, field, kind).

    One that a person ignores stays ignored while its note and the two sides' values are the same. Answers how many records
    are set aside for a reason that is new, by entity; mere remarks do not count.
    """
    found = {subject(a): a for a in anomalies}
    if not found:
        return Counter()
    known = _known(conn, found)
    ignored = _ignored(conn, found)
    found = {s: a for s, a in found.items() if s in known or (a.note, *_values(a.detail)) not in ignored.get(s, ())}
    rows = [_row(a, now) for a in found.values()]
    counted = {"occurrences": sync_anomaly.c.occurrences + 1}
    fresh = ("severity", "stage", "note", "raw", "detail", "mapping_version", "last_seen", "prm_id")
    upsert(conn, sync_anomaly, rows, ("subject",), update=fresh, where=OPEN, also=counted)
    news = {(a.entity, a.ref) for s, a in found.items() if s not in known and a.severity is not Severity.INFO}
    return Counter(entity for entity, _ in news)


def _known(conn: Connection, subjects: Collection[str]) -> set[str]:
    t = sync_anomaly.c
    return set(conn.execute(select(t.subject).where(t.subject.in_(list(subjects)), t.state == "open")).scalars())


def _ignored(conn: Connection, subjects: Collection[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Note and values of what a person ignores, by subject."""
    t = sync_anomaly.c
    found: dict[str, list[tuple[Any, ...]]] = {}
    query = select(t.subject, t.note, t.detail).where(t.subject.in_(list(subjects)), t.state == "ignored")
    for subject, note, detail in conn.execute(query):
        found.setdefault(subject, []).append((note, *_values(detail)))
    return found


def _values(detail: Mapping[str, Any]) -> tuple[Any, Any]:
    return detail.get("crm"), detail.get("prm")


def resolve(
    conn: Connection, connection: str, entity: str, stage: str, *, crm_ids: Collection[str], prm_ids: Collection[str],
    still: Collection[str], now: datetime,
) -> None:  # fmt: skip
    """Close the anomalies of records that were looked at again, but for the subjects ``still`` found and mere remarks."""
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
        t.state.in_(UNRESOLVED),
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


def close(conn: Connection, ids: Collection[int], state: str, *, now: datetime) -> None:
    """Close anomalies as ``resolved`` or ``ignored``, whoever they are about."""
    where = (sync_anomaly.c.id.in_(ids), sync_anomaly.c.state.in_(UNRESOLVED))
    conn.execute(update(sync_anomaly).where(*where).values(state=state, resolved_at=now))


def reopen(conn: Connection, ids: Collection[int]) -> None:
    """Open ignored anomalies again, each unless its subject has an open one by now."""
    t, other = sync_anomaly.c, sync_anomaly.alias()
    rivals = select(other.c.id).where(other.c.subject == t.subject, other.c.state == "open")
    for number in ids:  # one by one: two of them may be of one subject
        where = (t.id == number, t.state == "ignored", ~rivals.exists())
        conn.execute(update(sync_anomaly).where(*where).values(state="open", resolved_at=None))


def latest(conn: Connection) -> int:
    """The greatest id; 0 where there is none."""
    return int(conn.execute(select(func.coalesce(func.max(sync_anomaly.c.id), 0))).scalar_one())


def matching(conn: Connection, **columns: Any) -> list[Mapping[str, Any]]:
    """Anomalies whose columns hold these values, or one of a list of them; oldest first."""
    t = sync_anomaly.c
    where = [t[name].in_(value) if isinstance(value, list | tuple) else t[name] == value for name, value in columns.items()]
    return [dict(row) for row in conn.execute(select(sync_anomaly).where(*where).order_by(t.id)).mappings()]


def any_unresolved(conn: Connection, connection: str, entity: str) -> bool:
    """Whether anything about an entity is open, or ignored, and might be over now."""
    t = sync_anomaly.c
    query = select(t.id).where(t.connection == connection, t.entity == entity, t.state.in_(UNRESOLVED)).limit(1)
    return conn.execute(query).first() is not None


def open_about(
    entity: str, kind: str, prm_id: ColumnElement[str], *, connections: Collection[str] | None = None
) -> ColumnElement[bool]:
    """A condition: an anomaly of that kind is open, or ignored, about the PRM record of an outer query's row.

    ``connections`` leaves out those of others.
    """
    t = sync_anomaly.c
    found = select(t.id).where(t.entity == entity, t.kind == kind, t.state.in_(UNRESOLVED), t.prm_id == prm_id)
    return (found if connections is None else found.where(t.connection.in_(connections))).exists()


def over(conn: Connection, connection: str, entity: str, kind: str, crm_ids: Collection[str], *, now: datetime) -> None:
    """Close what is open or ignored of a kind about CRM records of which it is no longer true."""
    t = sync_anomaly.c
    about = (t.connection == connection, t.entity == entity, t.kind == kind, t.crm_id.in_(crm_ids), t.state.in_(UNRESOLVED))
    if crm_ids:
        conn.execute(update(sync_anomaly).where(*about).values(state="resolved", resolved_at=now))


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


def about(conn: Connection, connection: str, entity: str) -> dict[str, int]:
    """How many records of an entity are set aside, by kind; mere remarks, and what is ignored, left out."""
    t = sync_anomaly.c
    records = func.count(func.distinct(func.coalesce(t.crm_id, t.prm_id)))
    counted = select(t.kind, records).where(*_unsettled(connection, entity)).group_by(t.kind)
    return {row[0]: row[1] for row in conn.execute(counted)}


def set_aside(conn: Connection, connection: str, entity: str) -> int:
    """How many records of an entity are set aside, each counted once, however many reasons there are."""
    t = sync_anomaly.c
    records = func.count(func.distinct(func.coalesce(t.crm_id, t.prm_id)))
    return int(conn.execute(select(records).where(*_unsettled(connection, entity))).scalar_one())


def latest_about(conn: Connection, connection: str, entity: str, *, most: int) -> list[Mapping[str, Any]]:
    """The open anomalies about an entity that were seen last; mere remarks left out."""
    t = sync_anomaly.c
    query = select(sync_anomaly).where(*_unsettled(connection, entity)).order_by(t.last_seen.desc(), t.id.desc()).limit(most)
    return [dict(row) for row in conn.execute(query).mappings()]


def _unsettled(connection: str, entity: str) -> tuple[ColumnElement[bool], ...]:
    t = sync_anomaly.c
    return t.connection == connection, t.entity == entity, t.state == "open", t.severity != "info"
