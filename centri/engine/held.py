"""The conflict queue: the fields that both sides changed and that wait for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from centri.engine.resolve import KIND
from centri.store import findings, prm
from centri.store.database import read

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """One field in conflict: what each side held when last agreed (None where nothing was), and what it holds now.

    ``crm_as_prm`` is the CRM's value as the PRM would hold it. ``name`` is what people call the record, where it has a name.
    """

    connection: str
    entity: str
    prm_id: str
    name: str
    object: str
    crm_id: str
    field: str
    crm_before: Any
    prm_before: Any
    crm: Any
    prm: Any
    crm_as_prm: Any
    policy: str
    reason: str
    since: datetime
    resolve: tuple[str, str]
    """The commands that take the CRM's value, and the PRM's."""


def held(engine: Engine, *, connection: str | None = None) -> list[Held]:
    """Every open conflict, the oldest first."""
    with read(engine) as conn:
        rows = findings.matching(conn, kind=KIND, state="open")
        names = _names(conn, rows)
    conflicts = Counter((r["entity"], r["prm_id"], r["field"]) for r in rows)
    return [
        _held(row, names, alone=conflicts[row["entity"], row["prm_id"], row["field"]] == 1)
        for row in rows
        if connection in (None, row["connection"])
    ]


def commands(row: Row, *, alone: bool) -> tuple[str, str]:
    """The commands that resolve a conflict; one that is not ``alone`` on its field needs its connection named."""
    where = "" if alone else f" --connection {row['connection']}"
    crm, row_ = (f"centri resolve {row['entity']} {row['prm_id']} {row['field']} --take {side}{where}" for side in ("crm", "prm"))
    return crm, row_


def _held(row: Row, names: Mapping[tuple[str, str], str], *, alone: bool) -> Held:
    detail, plain = row["detail"], ("connection", "entity", "prm_id", "object", "crm_id", "field")
    values = {name: detail.get(name) for name in ("crm_before", "prm_before", "crm", "prm", "crm_as_prm")}
    return Held(
        **{name: row[name] or "" for name in plain},
        **values,
        name=names.get((row["entity"], row["prm_id"]), ""),
        policy=detail.get("policy", ""),
        reason=row["note"],
        since=row["first_seen"],
        resolve=commands(row, alone=alone),
    )


def _names(conn: Connection, rows: Iterable[Row]) -> dict[tuple[str, str], str]:
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row["entity"], set()).add(row["prm_id"])
    return {
        (entity, i): _name(found) for entity, ids in wanted.items() for i, found in prm.read(conn, entity, ids).stored.items()
    }


def _name(row: Row) -> str:
    """What people call a record: its own name, a person's, a company's, a subject."""
    person = " ".join(filter(None, (row.get("first_name"), row.get("last_name"))))
    return row.get("name") or person or row.get("company") or row.get("subject") or ""
