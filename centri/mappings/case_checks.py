"""What a case names must be there: connections, objects, fields, entities, rows, kinds of anomalies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from centri.anomalies import KINDS
from centri.mappings.cases import MARKS, NAMED, Case, CrmRecords, GivenLink, PrmRows, Untouched, When
from centri.mappings.matching import LEAD_ACCOUNT
from centri.mappings.schema import EntityMapping, MappingFile
from centri.mappings.source import Place, Source
from centri.mappings.words import near
from centri.sync.link import Role


@dataclass(frozen=True)
class Known:
    """What a case may name.

    ``described`` are the fields of the objects that are recorded, by (connection, object); of the others those that the mapping
    names. ``columns`` are the fields of each PRM table, ``told`` those and the ones that are worked out of others.
    """

    mapping: MappingFile
    described: Mapping[tuple[str, str], Collection[str]]
    columns: Mapping[str, Collection[str]]
    told: Mapping[str, Collection[str]]

    @cached_property
    def objects(self) -> Mapping[str, Mapping[str, Collection[str]]]:
        """Connection, object: the fields that its records may have."""
        found: dict[str, dict[str, Collection[str]]] = {name: {} for name in self.mapping.connections}
        for m in self.mapping.mappings:
            found[m.connection].setdefault(
                m.object, self.described.get((m.connection, m.object)) or mapped_fields(self.mapping, m)
            )
        return found


def mapped_fields(mapping: MappingFile, of: EntityMapping) -> list[str]:
    """Every field of a CRM object that the mapping reads or writes."""
    here = [m for m in mapping.of(of.connection) if m.object == of.object]
    named = (name for m in here for name in (*m.crm_fields, *(t for rule in m.rules for t in rule.crm_targets)))
    return list(dict.fromkeys(named))


def mapping_of(mapping: MappingFile, link: GivenLink, entity: str) -> EntityMapping | None:
    """The mapping under which a link stands."""
    connection, object, _ = link.crm.split("/", 2)
    mine = [m for m in mapping.of(connection) if (m.object, m.entity) == (object, entity)]
    return next((m for m in mine if m.is_push_lead == (link.role is Role.PUSH_LEAD)), None)


def check(case: Case, source: Source, known: Known) -> None:
    """Complain of everything that a case names and that is not there."""
    _Check(case, source, known).all()


class _Check:
    def __init__(self, case: Case, source: Source, known: Known) -> None:
        self.case, self.source, self.known = case, source, known
        self.rows = {name: entity for entity, rows in case.given.prm.items() for name in rows}

    def all(self) -> None:
        self._crm(self.case.given.crm, ("given", "crm"), {*MARKS})
        self._crm(self.case.then.crm, ("then", "crm"), {"$deleted"})
        self._recorded()
        self._prm(self.case.given.prm, ("given", "prm"), self.known.columns)
        self._prm(self.case.then.prm, ("then", "prm"), self.known.told)
        self._twice()
        self._references(self.case.given.prm, ("given", "prm"))
        self._references(self.case.given.crm, ("given", "crm"))
        for number, link in enumerate(self.case.given.links):
            self._link(link, ("given", "links", number))
        for number, anomaly in enumerate(self.case.then.anomalies):
            self._known(anomaly.kind, KINDS, "kind of anomaly", ("then", "anomalies", number, "kind"))
        self._matches()
        self._sense()

    def _complain(self, place: Place, message: str, *, key: bool = False) -> None:
        self.source.complain(("cases", self.case.number, *place), message, key=key)

    def _known(self, name: str, known: Collection[str], kind: str, place: Place, *, key: bool = False) -> bool:
        if name not in known:
            self._complain(place, f"no {kind} is called {name!r}{near(name, known)}", key=key)
        return name in known

    def _crm(self, records: CrmRecords, place: Place, marks: Collection[str]) -> None:
        for connection, objects, at in _each(records, place):
            if not self._known(connection, self.known.objects, "connection", at, key=True):
                continue
            for object, rows, here in _each(objects, at):
                fields = self.known.objects[connection]
                if not self._known(object, fields, f"mapped object of {connection}", here, key=True):
                    continue
                for _, values, row in _each(rows, here):
                    for name in values:
                        known = marks if name.startswith(NAMED) else fields[object]
                        self._known(name, known, f"field of {object}", (*row, name), key=True)

    def _recorded(self) -> None:
        for connection, objects, at in _each(self.case.given.recorded, ("given", "recorded")):
            if self._known(connection, self.known.objects, "connection", at, key=True):
                for object, _, here in _each(objects, at):
                    self._known(object, self.known.objects[connection], f"mapped object of {connection}", here, key=True)
        for connection, _, at in _each(self.case.given.cassettes, ("given", "cassettes")):
            self._known(connection, self.known.objects, "connection", at, key=True)

    def _prm(self, rows: PrmRows, place: Place, fields: Mapping[str, Collection[str]]) -> None:
        for entity, named, at in _each(rows, place):
            if self._known(entity, fields, "entity of the PRM", at, key=True):
                for _, values, row in _each(named, at):
                    for name in values:
                        self._known(name, fields[entity], f"field of {entity}", (*row, name), key=True)

    def _twice(self) -> None:
        for entity, named in self.case.given.prm.items():
            for name in named:
                if self.rows[name] != entity:
                    self._complain(("given", "prm", entity, name), f"{name!r} is the name of a {self.rows[name]} too", key=True)

    def _references(self, data: Any, place: Place) -> None:
        """Every $NAME among the values of what is given is the name of a row that is given."""
        for name, value, at in _each(data, place):
            if isinstance(value, Mapping):
                self._references(value, at)
            elif isinstance(value, str) and value.rpartition("/")[2].startswith(NAMED) and not str(name).startswith(NAMED):
                self._row(value.rpartition("/")[2], at)

    def _row(self, reference: str, place: Place) -> str | None:
        name = reference.removeprefix(NAMED)
        return self.rows[name] if self._known(name, self.rows, "given row of the PRM", place) else None

    def _link(self, link: GivenLink, place: Place) -> None:
        connection, object, crm_id = link.crm.split("/", 2)
        entity = self._row(link.prm, (*place, "prm"))
        if not self._record(connection, object, crm_id, (*place, "crm")) or entity is None:
            return
        mapping = mapping_of(self.known.mapping, link, entity)
        if mapping is None:
            self._complain((*place, "crm"), f"{object} of {connection} is not mapped to {entity} in the role {link.role}")
            return
        for field in link.agreed.crm:
            self._known(field, mapping.crm_fields, f"field mapped for {entity}", (*place, "agreed", "crm", field), key=True)
        for field in link.agreed.prm:
            self._known(field, mapping.fields, f"field mapped for {entity}", (*place, "agreed", "prm", field), key=True)

    def _record(self, connection: str, object: str, crm_id: str, place: Place) -> bool:
        given = self.case.given
        if not self._known(connection, self.known.objects, "connection", place):
            return False
        if not self._known(object, self.known.objects[connection], f"mapped object of {connection}", place):
            return False
        ids = {*given.crm.get(connection, {}).get(object, {}), *given.recorded.get(connection, {}).get(object, ())}
        return connection in given.cassettes or self._known(crm_id, ids, f"given {object}", place)

    def _matches(self) -> None:
        for number, match in enumerate(self.case.then.match):
            place: Place = ("then", "match", number)
            mapping = self.known.mapping
            entries = (*mapping.matching, *([LEAD_ACCOUNT] if mapping.lead_account else []))
            self._known(match.rules, entries, "entry of matching", (*place, "as"))
            if match.row:
                self._row(match.row, (*place, "row"))
            if match.record.startswith(NAMED):
                self._row(match.record, (*place, "record"))
            elif match.record.count("/") < 2:
                self._complain((*place, "record"), f"{match.record!r} names no record; write CONNECTION/OBJECT/ID, or $NAME")
            else:
                connection, object, crm_id = match.record.split("/", 2)
                self._record(connection, object, crm_id, (*place, "record"))

    def _sense(self) -> None:
        then = self.case.then
        if self.case.when is When.MATCHED and (then.prm or then.crm or then.anomalies or then.nothing):
            self._complain(
                ("when",), "nothing is decided where it is only 'matched'; say 'pulled' or 'synced', or ask for a match alone"
            )
        if then.nothing in (Untouched.EVERYWHERE, Untouched.PRM) and then.prm and not self.case.golden:
            self._complain(
                ("then", "nothing"), "nothing is written in the PRM, and yet rows are named under 'prm'; drop one of them"
            )


def _each(block: Any, place: Place) -> Iterator[tuple[str, Any, Place]]:
    for name, value in block.items():
        yield name, value, (*place, name)
