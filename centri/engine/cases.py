"""Runs mapping test cases: the mapping as it decides in earnest, over CRMs that are dicts and a store that is thrown away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from centri.connectors.cassettes import path_in, replaying
from centri.connectors.recorded import Fixtures
from centri.descriptions import Description, Field, FieldType
from centri.engine import case_matches
from centri.engine.case_checks import NOTHING, Difference, compare
from centri.engine.case_given import TABLES, give
from centri.engine.case_reasons import Reasons
from centri.engine.case_world import Names, anomalies, look, named
from centri.engine.decide import Decided
from centri.engine.project import PRM_FIELDS
from centri.engine.pull import pull
from centri.engine.push import push
from centri.engine.rehearsal import Rehearsal
from centri.engine.rehearsals import Rehearsals, rehearsals
from centri.engine.sample import take
from centri.engine.settle import settle
from centri.engine.sync import entities, pull_order, push_order
from centri.errors import CentriError
from centri.mappings.case_checks import Known, mapped_fields
from centri.mappings.case_files import Written
from centri.mappings.cases import NAMED, Case, When
from centri.mappings.schema import MappingFile
from centri.mappings.source import Place
from centri.records import MISSING
from centri.store import deliveries, staging
from centri.store.database import read

RECORDED = 20
"""How many records of each object `centri record` asks for, unless told otherwise: a cassette answers only what it was asked."""

Descriptions = Mapping[tuple[str, str], Description]


@dataclass(frozen=True)
class Outcome:
    """What came of a case. ``fault`` is why it could not be run to its end."""

    written: Written
    differences: list[Difference] = field(default_factory=list)
    fault: str = ""

    @property
    def passed(self) -> bool:
        return not (self.differences or self.fault)

    def changes(self) -> list[tuple[Place, Any]]:
        """What must be written into the case, and where from the top of its file, for it to say what came of it."""
        wrong = ((d.place, MISSING if d.place == NOTHING else d.actual) for d in self.differences)
        return [(("cases", self.written.case.number, *place), value) for place, value in wrong]


def descriptions(mapping: MappingFile, fixtures: Fixtures) -> dict[tuple[str, str], Description]:
    """Every mapped object as it was recorded; of one that was not, the fields that the mapping names, as text."""
    found: dict[tuple[str, str], Description] = {}
    recorded = {name: set(fixtures.described(name)) for name in mapping.connections}
    for m in mapping.mappings:
        if m.object in recorded[m.connection]:
            found[m.connection, m.object] = fixtures.description(m.connection, m.object)
        else:
            fields = {name: Field(name, FieldType.TEXT) for name in mapped_fields(mapping, m)}
            found[m.connection, m.object] = Description(m.object, fields)
    return found


def known(mapping: MappingFile, described: Descriptions) -> Known:
    """What cases of a mapping may name."""
    columns = {entity: [str(name) for name in table.c.keys()] for entity, table in TABLES.items()}  # noqa: SIM118 - no dict
    columns["note"] = [*columns["note"], "parent"]
    told = {entity: PRM_FIELDS.get(entity, names) for entity, names in columns.items()}
    return Known(mapping, {key: list(found.fields) for key, found in described.items()}, columns, told)


@contextmanager
def running(mapping: MappingFile, fixtures: Fixtures, described: Descriptions) -> Iterator[Runner]:
    """A runner for the cases of one mapping."""
    told = tuple((connection, found) for (connection, _), found in described.items())
    with rehearsals(mapping, told) as stage:
        yield Runner(stage, fixtures, described)


@dataclass
class Runner:
    """Runs one case after another."""

    stage: Rehearsals
    fixtures: Fixtures
    described: Descriptions

    def run(self, written: Written) -> Outcome:
        """Never raises for what a case, the mapping or a recording makes go wrong: that is the outcome."""
        try:
            rehearsal = self.stage.open(written.case.now)
            self._play(rehearsal, written.case)
            return self._run(rehearsal, written)
        except CentriError as error:
            return Outcome(written, fault=str(error))

    def _play(self, rehearsal: Rehearsal, case: Case) -> None:
        """Fill CRMs with what their real connectors make of the answers that `centri record` kept."""
        mapping = rehearsal.project.mapping
        for connection, name in case.given.cassettes.items():
            config, tape = mapping.connections[connection], path_in(self.fixtures.folder, name)
            with replaying(tape, config.type, connection, config.options) as player:
                for sample in take(player, mapping.of(connection), RECORDED).values():
                    rehearsal.crms[connection].stock(sample.description, sample.records)

    def _run(self, rehearsal: Rehearsal, written: Written) -> Outcome:
        case = written.case
        give(rehearsal, written, self.fixtures, self.described)
        before = look(rehearsal)
        decided: list[Decided] = []
        if case.when is not When.PUSHED:
            _pull(rehearsal, case)
        asked = case_matches.ask(rehearsal, written)
        if case.when is not When.MATCHED:
            for connection in _concerned(rehearsal, case):
                _settle(rehearsal, connection, decided)
        if case.when in (When.PUSHED, When.SYNCED):
            _push(rehearsal, case)
        after = look(rehearsal)
        names = Names(case, rehearsal, after)
        found = [_anomaly(a, names) for a in anomalies(rehearsal)]
        reasons = Reasons(rehearsal, decided, names)
        result = compare(case, named(before, names), named(after, names), found, reasons) if case.when is not When.MATCHED else []
        return Outcome(written, [*result, *case_matches.differences(asked, names)])


def _concerned(rehearsal: Rehearsal, case: Case) -> list[str]:
    """The connections of which the case says something; all where it speaks of none."""
    given = case.given
    linked = {link.crm.partition("/")[0] for link in given.links}
    mentioned = {*given.crm, *given.recorded, *given.cassettes, *linked, *case.then.crm}
    return [name for name in rehearsal.project.mapping.connections if not mentioned or name in mentioned]


def _pull(rehearsal: Rehearsal, case: Case) -> None:
    """Objects without records are not asked for: nothing would come."""
    for connection in _concerned(rehearsal, case):
        for object in pull_order(rehearsal.project.mappings(connection)):
            if rehearsal.crms[connection].objects.get(object):
                pull(rehearsal.project, connection, object)


def _settle(rehearsal: Rehearsal, connection: str, decided: list[Decided]) -> None:
    for entity in entities(rehearsal.project.mappings(connection)):
        if entity == "lead" and not _leads(rehearsal, connection):
            continue
        settle(rehearsal.project, connection, entity, watch=decided.extend)


def _leads(rehearsal: Rehearsal, connection: str) -> bool:
    """Whether there is any lead: without one, matching and routing have nothing to do."""
    with read(rehearsal.project.engine) as conn:
        known = conn.execute(select(TABLES["lead"].c.id).limit(1)).first()
        return known is not None or staging.count_owed(conn, connection, "lead") > 0


def _push(rehearsal: Rehearsal, case: Case) -> None:
    for connection in _concerned(rehearsal, case):
        with read(rehearsal.project.engine) as conn:
            now = rehearsal.project.now()
            objects = push_order(rehearsal.project.mappings(connection))
            due = [object for object in objects if deliveries.due(conn, connection, object, now=now)]
        for object in due:
            push(rehearsal.project, connection, object)


def _anomaly(found: Mapping[str, Any], names: Names) -> dict[str, Any]:
    if found["crm_id"]:
        about = names.of_record(found["connection"], found["object"], found["crm_id"])
    else:
        about = f"{NAMED}{names.rows.get(found['prm_id'], found['prm_id'])}"
    return {**{name: found[name] for name in ("kind", "field", "severity")}, "note": names.value(found["note"]), "about": about}


def fixtures_beside(mappings: Path) -> Fixtures:
    """The recordings that belong to a mapping file."""
    return Fixtures(mappings.resolve().parent / "fixtures")
