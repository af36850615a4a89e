"""What a case gives, brought into a rehearsal: CRM records, PRM rows, links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Column, Connection, Date, Table, insert

from centri.connectors.codec import money_text
from centri.connectors.recorded import Fixtures
from centri.descriptions import Description, FieldType
from centri.engine.rehearsal import Rehearsal
from centri.errors import ConfigError, Problem
from centri.mappings.case_checks import mapping_of
from centri.mappings.case_files import Written
from centri.mappings.cases import NAMED, GivenLink
from centri.records import PRM, Record, Ref
from centri.store import links, prm, prm_tables
from centri.store.database import write
from centri.store.tables import Money, UtcDateTime
from centri.sync.link import Link

BEFORE = timedelta(days=1)
"""How long before a case its records and rows last changed, unless they say so themselves."""

TABLES: Mapping[str, Table] = {
    name: table for name, table in vars(prm_tables).items() if isinstance(table, Table) and name != "audit_log"
}
"""The PRM's tables, parents first: what a case may give and look at."""


def row_id(name: str) -> str:
    """The id of a given row."""
    return str(uuid5(NAMESPACE_OID, name))


def give(rehearsal: Rehearsal, written: Written, fixtures: Fixtures, described: Mapping[tuple[str, str], Description]) -> None:
    """Raises ConfigError, with file and line, where a recorded record is not there, or a row cannot be."""
    _Giving(rehearsal, written, fixtures, described).all()


class _Giving:
    def __init__(
        self, rehearsal: Rehearsal, written: Written, fixtures: Fixtures, described: Mapping[tuple[str, str], Description]
    ) -> None:
        self.rehearsal, self.written, self.fixtures, self.described = rehearsal, written, fixtures, described
        self.given = written.case.given
        self.before = rehearsal.now - BEFORE
        self.entities = {name: entity for entity, rows in self.given.prm.items() for name in rows}

    def all(self) -> None:
        for connection, objects in self.given.recorded.items():
            for object, ids in objects.items():
                self._recorded(connection, object, ids)
        for connection, told in self.given.crm.items():
            for object, rows in told.items():
                for crm_id, values in rows.items():
                    self._save(connection, object, crm_id, values)
        with write(self.rehearsal.project.engine) as conn:
            for entity in TABLES:
                for name, values in self.given.prm.get(entity, {}).items():
                    self._row(conn, entity, name, values)
            for link in self.given.links:
                self._link(conn, link)

    def _recorded(self, connection: str, object: str, ids: tuple[str, ...]) -> None:
        found = {record.ref.id: record for record in self.fixtures.records(connection, object)}
        for number, crm_id in enumerate(ids):
            if crm_id not in found:
                line = self.written.line(("given", "recorded", connection, object, number))
                why = f"{object} {crm_id} is not recorded; to record some: centri record {connection}"
                raise ConfigError(Problem(why, self.written.source.file, line))
        self.rehearsal.crms[connection].stock(self.described[connection, object], [found[i] for i in ids])

    def _save(self, connection: str, object: str, crm_id: str, given: Mapping[str, Any]) -> None:
        crm, fields = self.rehearsal.crms[connection], self.described[connection, object].fields
        values = {n: _crm_value(self._named(v), fields[n].type) for n, v in given.items() if not n.startswith(NAMED)}
        old = crm.objects[object].get(crm_id)
        changed = _moment(given.get("$changed_at")) or self.before
        record = Record(
            Ref(connection, object, crm_id),
            {**(old.values if old else {}), **values},
            changed_at=changed,
            deleted=bool(given.get("$deleted") or given.get("$merged_into")),
            merged_into=given.get("$merged_into"),
            converted_to=given.get("$converted_to") or {},
        )
        crm.stock(self.described[connection, object], [record])

    def _row(self, conn: Connection, entity: str, name: str, given: Mapping[str, Any]) -> None:
        values = self._usual(TABLES[entity]) | {field: self._named(value) for field, value in given.items()}
        if entity in prm.ENTITIES:
            change = prm.Change(row_id(name), values)
            prm.write(conn, entity, [change], actor="case", now=self.before)
        else:
            held = {field: _held(TABLES[entity].c[field], value) for field, value in values.items()}
            conn.execute(insert(TABLES[entity]).values(id=row_id(name), **held))

    def _usual(self, table: Table) -> dict[str, Any]:
        """Times that the database would fill in by its own clock."""
        return {
            c.name: self.before.isoformat() for c in table.c if isinstance(c.type, UtcDateTime) and c.server_default is not None
        }

    def _named(self, value: Any) -> Any:
        """A value with ids in place of the names of rows."""
        if isinstance(value, str):
            head, slash, tail = value.rpartition("/")
            return (
                f"{head}{slash}{row_id(tail.removeprefix(NAMED))}"
                if tail.startswith(NAMED) and tail[1:] in self.entities
                else value
            )
        return [self._named(item) for item in value] if isinstance(value, list) else value

    def _link(self, conn: Connection, given: GivenLink) -> None:
        name = given.prm.removeprefix(NAMED)
        connection, object, crm_id = given.crm.split("/", 2)
        entity, project = self.entities[name], self.rehearsal.project
        mapping = mapping_of(project.mapping, given, entity)
        assert mapping is not None, "the case was checked"
        row = self.rehearsal.crms[connection].objects[object].get(crm_id)
        stands = prm.read(conn, entity, [row_id(name)]).records[row_id(name)]
        crm_seen = {field: row.values.get(field) if row else None for field in mapping.crm_fields}
        prm_seen = {rule.prm: stands.values[rule.prm] for rule in mapping.rules}
        link = Link(
            Ref(connection, object, crm_id),
            Ref(PRM, entity, row_id(name)),
            given.role,
            crm_seen=crm_seen | {field: self._named(value) for field, value in given.agreed.crm.items()},
            prm_seen=prm_seen | {field: self._named(value) for field, value in given.agreed.prm.items()},
            converted=given.converted,
            crm_version=str(row.version) if row else "",
            crm_changed_at=self.before,
        )
        links.save(conn, [link], run_id="given", mapping_version=mapping.sha, now=self.before)
        prm.mark_dirty(conn, connection, entity, {row_id(name): int(stands.version)})


def _moment(given: Any) -> datetime | None:
    if given is None:
        return None
    at = datetime.fromisoformat(str(given))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _held(column: Column[Any], value: Any) -> Any:
    """A value in the form that its column takes."""
    if isinstance(column.type, UtcDateTime):
        return _moment(value)
    if isinstance(column.type, Date) and value is not None:
        return date.fromisoformat(str(value))
    return Decimal(str(value)) if isinstance(column.type, Money) and value is not None else value


def _crm_value(value: Any, kind: FieldType) -> Any:
    """A value as a connector reads a field of that type: money and decimals are text."""
    if isinstance(value, int | float) and not isinstance(value, bool) and kind is FieldType.MONEY:
        return money_text(value)
    return value
