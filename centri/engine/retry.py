"""Put what was set aside back to be decided on, or close it without effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from centri.engine.project import Project
from centri.errors import ConfigError
from centri.mappings.following import STAGE
from centri.records import IMPORT, PARTNERS_LIST, Record, Ref
from centri.store import deliveries, findings, links, prm, staging
from centri.store.database import write
from centri.sync import breaker
from centri.sync.link import LinkState, recall
from centri.sync.reconcile import Action

Row = Mapping[str, Any]

_UNLEARNED = (Action.WAIT, Action.REVIEW, Action.HOLD)
"""Outcomes after which the link does not remember the record as it was staged."""


def retry(project: Project, ids: Sequence[int] = (), *, kind: str | None = None) -> list[Row]:
    """Have anomalies, named by id or all open ones of a kind, decided on at the next settling; answers them.

    They stay open until then. Raises ConfigError for an id that is none, or whose anomaly is over or about a row of a file,
    which is decided on when the file is imported again.
    """
    with write(project.engine) as conn:
        found = chosen(conn, ids, kind=kind)
        if rows := [a for a in found if a["connection"] == IMPORT and a["id"] in ids]:
            raise ConfigError(*(f"anomaly {a['id']} is about a row of a file; {_corrected(a)}" for a in rows))
        found = [a for a in found if a["connection"] != IMPORT]
        again(conn, found, now=project.now())
    return found


def _corrected(anomaly: Row) -> str:
    """What to do about a row of a file."""
    load = "centri lead load FILE --as EMAIL" if anomaly["stage"] == PARTNERS_LIST else "centri import FILE --entity ENTITY"
    return f"correct the row in the rejects file, and take that in: {load}"


def ignore(project: Project, ids: Sequence[int] = (), *, kind: str | None = None) -> list[Row]:
    """Close anomalies without effect; they are not opened again while their note and their values are the same."""
    with write(project.engine) as conn:
        found = chosen(conn, ids, kind=kind)
        findings.close(conn, [a["id"] for a in found], "ignored", now=project.now())
    return found


def chosen(conn: Connection, ids: Sequence[int], *, kind: str | None = None) -> list[Row]:
    """Anomalies that are not over, by id, and the open ones of a kind. Raises ConfigError for an id that is none of them."""
    found = {a["id"]: a for a in findings.matching(conn, id=list(ids))}
    if missing := [i for i in ids if i not in found]:
        raise ConfigError(*(f"there is no anomaly {i}; `centri anomalies list` shows those there are" for i in missing))
    if over := [i for i in ids if found[i]["state"] not in findings.UNRESOLVED]:
        raise ConfigError(*(f"anomaly {i} is resolved: there is nothing left to do about it" for i in over))
    if kind:
        found |= {a["id"]: a for a in findings.matching(conn, kind=kind, state="open")}
    return list(found.values())


def again(conn: Connection, anomalies: Sequence[Row], *, now: datetime) -> None:
    """Stage the CRM records again, and mark the PRM rows, that anomalies are about."""
    findings.reopen(conn, [a["id"] for a in anomalies if a["state"] == "ignored"])
    for anomaly in anomalies:
        if anomaly["stage"] == STAGE:  # about a mapping: each pull looks whether it is over
            continue
        if not anomaly["connection"]:  # about no CRM: who set it aside looks again once it is closed
            findings.close(conn, [anomaly["id"]], "resolved", now=now)
        elif anomaly["crm_id"]:
            if anomaly["kind"] == breaker.KIND:
                links.rest(conn, anomaly["connection"], anomaly["object"], [anomaly["crm_id"]])
            _stage(conn, anomaly, now)
        elif anomaly["prm_id"]:
            deliveries.forgive(conn, anomaly["connection"], anomaly["entity"], [anomaly["prm_id"]])
            deliveries.hurry(conn, anomaly["connection"], anomaly["entity"], [anomaly["prm_id"]])
            row = prm.read(conn, anomaly["entity"], [anomaly["prm_id"]]).stored[anomaly["prm_id"]]
            prm.mark_dirty(conn, anomaly["connection"], anomaly["entity"], {row["id"]: row["revision"]})


def _stage(conn: Connection, anomaly: Row, now: datetime) -> None:
    """The record as it was last read, unless something newer of it is waiting; without what we wrote to it since being undone."""
    last = staging.latest(conn, anomaly["connection"], anomaly["entity"], anomaly["object"], anomaly["crm_id"])
    ref = Ref(anomaly["connection"], anomaly["object"], anomaly["crm_id"])
    record = last.record if last else Record(ref, anomaly["raw"])
    if last is None or (last.state != "open" and last.outcome not in _UNLEARNED):
        record = _as_known(conn, anomaly["entity"], record)
    staging.stage(conn, [(anomaly["entity"], record)], run_id="", now=now)


def _as_known(conn: Connection, entity: str, record: Record) -> Record:
    """The record with what its link has learned since it was read: our own writes that nobody has read back yet."""
    found = links.of_crm(conn, *record.ref[:2], [record.ref.id]).get(record.ref.id, [])
    link = next((k for k in found if k.prm.object == entity and k.state is LinkState.ACTIVE), None)
    if link is None or not link.crm_version or link.crm_version == record.version:
        return record
    known = {**record.values, **recall(link.crm_seen)}
    return replace(record, values=known, version=link.crm_version, changed_at=link.crm_changed_at or record.changed_at)
