"""The world of a rehearsal as it compares with another's: no id that was made up on the way, nothing that only time changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from centri.anomalies import Untranslatable
from centri.connectors.recorded import Fixtures
from centri.engine.diff_names import Names
from centri.engine.rehearsal import Rehearsal
from centri.mappings.schema import EntityMapping, MappingFile
from centri.records import MISSING
from centri.store import findings, links, prm
from centri.store.database import read
from centri.store.journal_tables import sync_link, sync_staging
from centri.store.tables import UtcDateTime
from centri.sync.diff import Place, Reason, Subject, Values, World
from centri.sync.link import LinkState, Role
from centri.sync.merge import Direction
from centri.sync.references import References

SAME_AS = "(same as)"
"""Told like a field: the records of other connections that were found to be the same."""

_OWN = frozenset({"id", "revision", "created_by", "updated_by", "origin", "domain", "email_domain"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What both mappings speak of together: their connections, and (entity, PRM field) pairs."""

    connections: Collection[str]
    fields: Collection[tuple[str, str]]


def look(of: Rehearsal, fixtures: Fixtures, scope: Scope) -> World:
    """The world as it stands. Moments are told only where they are mapped: a rehearsal's clock says nothing.

    CRMs that only the other mapping has are as they were recorded.
    """
    with read(of.project.engine) as conn:
        return _Look(of, fixtures, conn, scope.connections).world(scope.fields)


def worded(of: Rehearsal, fixtures: Fixtures, mapping: MappingFile, base: World) -> World:
    """The CRM records as a mapping would write the fields that flow out, should they be written; others as they are."""
    with read(of.project.engine) as conn:
        found = _Look(of, fixtures, conn, of.crms)
        told = dict(base.crm)
        for place, words in found.worded(mapping):
            told[place] = {**told[place], **words}
        return World(crm=told)


class _Look:
    """What a rehearsal's store and CRMs hold, read once."""

    def __init__(self, of: Rehearsal, fixtures: Fixtures, conn: Connection, connections: Collection[str]) -> None:
        self.of, self.conn = of, conn
        t = sync_link.c
        query = select(sync_link).where(t.state == LinkState.ACTIVE).order_by(t.id)
        self.links = [dict(row) for row in conn.execute(query).mappings()]
        self.rows = {entity: self._stored(entity) for entity in {k["entity"] for k in self.links}}
        self.recorded = {
            (name, object): {r.ref.id: r for r in fixtures.records(name, object)}
            for name in connections
            for object in fixtures.described(name)
        }
        self.names = Names(self.links, {(*place, id) for place, found in self.recorded.items() for id in found})

    def world(self, mapped: Collection[tuple[str, str]]) -> World:
        rows = dict(self._linked_rows(mapped))
        return World(rows, dict(self._crm()), dict(self._held()), dict(self._outside(rows.keys())))

    def worded(self, mapping: MappingFile) -> Iterator[tuple[Place, Values]]:
        """By link: what each rule that flows out would tell."""
        refs: dict[str, References] = {}
        for k in self.links:
            m = mapping.get(k["connection"], k["entity"], Role.PUSH_LEAD if k["role"] == Role.PUSH_LEAD else Role.ORIGIN)
            row = self.rows[k["entity"]].get(k["prm_id"])
            if m is None or m.object != k["object"] or m.append_only or row is None:
                continue
            found = refs.setdefault(m.connection, self._references(m.connection))
            yield self.names.place(k["connection"], k["object"], k["crm_id"]), dict(self._words(m, row, found))

    def _words(self, mapping: EntityMapping, row: Values, refs: References) -> Iterator[tuple[str, Any]]:
        for rule in mapping.rules:
            if rule.flows(Direction.OUT) and rule.prm in row:
                try:
                    told = rule.outward(row, refs)
                except Untranslatable as finding:
                    told = {rule.crm: f"(held: {finding.kind})"}
                yield from ((name, self.names.value(mapping.connection, v)) for name, v in told.items() if v is not MISSING)

    def _references(self, connection: str) -> References:
        wanted: dict[str, set[str]] = defaultdict(set)
        for k in self.links:
            wanted[k["entity"]].add(k["prm_id"])
        return References(by_prm=links.standing(self.conn, connection, wanted))

    def _stored(self, entity: str) -> dict[str, Values]:
        table = prm.ENTITIES[entity]
        stored = {row["id"]: dict(row) for row in self.conn.execute(select(table)).mappings()}
        return {id: record.values for id, record in prm.as_rows(self.conn, entity, stored).records.items()}

    def _linked_rows(self, mapped: Collection[tuple[str, str]]) -> Iterator[tuple[Place, Values]]:
        for k in self.links:
            row = self.rows[k["entity"]].get(k["prm_id"])
            if row is None or k["crm_id"] in self.names.born:
                continue
            connection, entity = k["connection"], k["entity"]
            told = {f: self.names.value(connection, v) for f, v in row.items() if _counts(entity, f, mapped)}
            others = self.names.others(k)
            place = Place(connection, entity, k["object"], k["crm_id"])
            yield place, told | ({SAME_AS: others} if others else {})

    def _crm(self) -> Iterator[tuple[Place, Values]]:
        for connection, crm in self.of.crms.items():
            for object, rows in crm.objects.items():
                for id, row in rows.items():
                    gone = {"(deleted)": True} if row.deleted else {}
                    told = {f: self.names.value(connection, v) for f, v in row.values.items()}
                    yield self.names.place(connection, object, id), told | gone
        for (connection, object), found in self.recorded.items():
            if connection not in self.of.crms:
                yield from ((Place(connection, "", object, id), record.values) for id, record in found.items())

    def _held(self) -> Iterator[tuple[Subject, Reason]]:
        for found in findings.matching(self.conn, state="open"):
            connection, entity, object = (found[name] or "" for name in ("connection", "entity", "object"))
            id = self.names.record(found["crm_id"]) if found["crm_id"] else self.names.value(connection, found["prm_id"] or "")
            subject = Subject(Place(connection, entity, object, id), found["field"] or "", found["kind"])
            yield subject, Reason(self.names.value(connection, found["note"] or ""), found["severity"] == "info")

    def _outside(self, inside: Collection[Place]) -> Iterator[tuple[Place, str]]:
        """Why recorded records are no rows."""
        t = sync_staging.c
        staged = {
            (row.connection, row.entity, row.object, row.crm_id): self.names.value(row.connection, row.note or row.outcome)
            for row in self.conn.execute(select(sync_staging).order_by(t.id))
        }
        for m in self.of.project.mapping.mappings:
            for id, record in self.recorded.get((m.connection, m.object), {}).items():
                place = Place(m.connection, m.entity, m.object, id)
                if place not in inside and not m.is_push_lead:
                    kept_out = [c.field for c in m.where.conditions if not c.holds(record.values)]
                    told = [f"{f} is {record.values.get(f)!r}" for f in kept_out]
                    yield (
                        place,
                        f"`where` keeps it out: {', '.join(told)}" if told else staged.get(place, "") or "it is set aside",
                    )


def _counts(entity: str, name: str, mapped: Collection[tuple[str, str]]) -> bool:
    """Whether a column says what a mapping made of a record."""
    column = prm.ENTITIES[entity].c.get(name)
    if column is None or name in _OWN or name.endswith("_norm"):
        return False
    return not isinstance(column.type, UtcDateTime) or (entity, name) in mapped
