"""How the world of a case stands: every row and record, by names that are the same on every run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, DefaultClause, select

from centri.engine.case_given import TABLES, row_id
from centri.engine.rehearsal import Rehearsal
from centri.mappings.cases import NAMED, Case
from centri.store import findings, prm
from centri.store.database import read
from centri.store.journal_tables import sync_link
from centri.store.tables import UtcDateTime

Block = dict[str, Any]
Rows = dict[str, dict[str, Block]]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEPT_FOR_US = {"id", "revision", "created_by", "updated_by", "origin", "domain", "email_domain", "created_at", "updated_at"}


@dataclass(frozen=True)
class World:
    """PRM rows by entity and id, CRM records by (connection, object) and id; each by field."""

    prm: Rows = field(default_factory=dict)
    crm: Mapping[tuple[str, str], dict[str, Block]] = field(default_factory=dict)


def look(rehearsal: Rehearsal) -> World:
    """The world as it stands."""
    with read(rehearsal.project.engine) as conn:
        rows = {entity: dict(_rows(conn, entity)) for entity in TABLES}
    crm = {
        (connection, object): {row.id: dict(row.values) | ({"$deleted": True} if row.deleted else {}) for row in found.values()}
        for connection, held in rehearsal.crms.items()
        for object, found in held.objects.items()
    }
    return World(rows, crm)


def _rows(conn: Connection, entity: str) -> Iterator[tuple[str, Block]]:
    stored = {row["id"]: dict(row) for row in conn.execute(select(TABLES[entity])).mappings()}
    if entity in prm.ENTITIES and stored:
        yield from ((i, dict(record.values)) for i, record in prm.as_rows(conn, entity, stored).records.items())
    else:
        yield from ((i, {str(name): prm.tell(value) for name, value in row.items()}) for i, row in stored.items())


def anomalies(rehearsal: Rehearsal) -> list[Mapping[str, Any]]:
    """What is open, oldest first."""
    with read(rehearsal.project.engine) as conn:
        return sorted(findings.listed(conn), key=lambda found: found["id"])


def is_usual(entity: str, name: str, value: Any) -> bool:
    """Whether a PRM column of a new row holds what the database fills in by itself."""
    default = TABLES[entity].c[name].server_default
    return isinstance(default, DefaultClause) and str(default.arg).strip("'").casefold() == str(value).casefold()


def counts_for(entity: str, name: str) -> bool:
    """Whether a golden case tells a PRM column: not what is the engine's own, or the database's clock's."""
    column = TABLES[entity].c.get(name)
    if column is None or name in _KEPT_FOR_US or name.endswith("_norm"):
        return False
    return not (isinstance(column.type, UtcDateTime) and column.server_default is not None)


class Names:
    """What a case calls rows and records: the given ones as it says, the others by their counterparts."""

    def __init__(self, case: Case, rehearsal: Rehearsal, world: World) -> None:
        self.rows: dict[str, str] = {row_id(name): name for rows in case.given.prm.values() for name in rows}
        self.records: dict[tuple[str, str, str], str] = {}
        self.linked: dict[str, list[tuple[str, str, str]]] = {}
        self._linked(rehearsal)
        self._beside(world)

    def _linked(self, rehearsal: Rehearsal) -> None:
        """A row that the case made is called by its CRM record, a record that it made by its row."""
        with read(rehearsal.project.engine) as conn:
            t = sync_link.c
            found = conn.execute(select(t.connection, t.object, t.crm_id, t.prm_id).order_by(t.id)).all()
        for connection, object, crm_id, prm_id in found:
            self.linked.setdefault(prm_id, []).append((connection, object, crm_id))
            if prm_id not in self.rows:
                self.rows[prm_id] = crm_id
            elif _ID.fullmatch(crm_id):
                self.records[connection, object, crm_id] = f"{NAMED}{self.rows[prm_id]}"

    def _beside(self, world: World) -> None:
        """Rows that no CRM knows are called by what they are about: an offer by its lead."""
        for rows in world.prm.values():
            for id, values in rows.items():
                if id not in self.rows and (about := self._about(values)):
                    taken = sum(1 for i in rows if self.rows.get(i, "").partition("#")[0] == about)
                    self.rows[id] = f"{about}#{taken + 1}" if taken else about

    def _about(self, values: Mapping[str, Any]) -> str:
        for column in ("lead_id", "assignment_id", "subject_id", "parent_id"):
            if (id := values.get(column)) in self.rows:
                return self.rows[id]
        return ""

    def of_record(self, connection: str, object: str, id: str) -> str:
        return self.records.get((connection, object, id), id)

    def value(self, value: Any) -> Any:
        """A value with names in place of ids."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return _ID.sub(self._name, value) if isinstance(value, str) else value

    def _name(self, found: re.Match[str]) -> str:
        id = found[0]
        if id in self.rows:
            return f"{NAMED}{self.rows[id]}"
        return next((name for (_, _, crm_id), name in self.records.items() if crm_id == id), id)


def named(world: World, names: Names) -> World:
    """The world by names: what stands where ids stood."""
    rows = {e: {names.rows.get(i, i): _values(v, names) for i, v in found.items()} for e, found in world.prm.items()}
    crm = {(c, o): {names.of_record(c, o, i): _values(v, names) for i, v in found.items()} for (c, o), found in world.crm.items()}
    return World(rows, crm)


def _values(values: Mapping[str, Any], names: Names) -> Block:
    return {name: names.value(value) for name, value in values.items()}
