"""What a mapping change does to recorded CRMs: each version is rehearsed, and the new one deployed on what the old one left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, update

from centri.connectors.memory import MemoryConnector, MemoryCrm
from centri.connectors.recorded import Fixtures
from centri.descriptions import FieldType
from centri.engine.diff_worlds import Scope, look, worded
from centri.engine.project import PRM_FIELDS, project_of
from centri.engine.rehearsal import Rehearsal, rehearsal
from centri.engine.unfilled import Unfilled, unfilled
from centri.errors import ConfigError, Problem, Stop
from centri.mappings.edits import Edit, edits
from centri.mappings.loader import interpret
from centri.mappings.revisions import source_at
from centri.mappings.schema import EntityMapping, Entry, MappingFile
from centri.mappings.source import Source
from centri.store.database import read, write
from centri.store.journal_tables import sync_cursor
from centri.sync.diff import Change, Diff, Place, compare
from centri.sync.merge import Direction
from centri.sync.thresholds import Count

_ROUNDS = 2
"""By then parents that come after their children, and what the CRMs are told of it, are through."""
_WHOLE = 1.0
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a mapping change comes to. ``problems`` of the base mean that there is nothing to compare the head with.

    ``rows`` counts the recorded records that the base mapping lets in, by (connection, entity), and ``records`` all of them.
    ``refused`` is why a sync would be refused once the head is deployed. ``unrecorded`` objects were rehearsed empty, and
    ``welcomed`` entities, which enter only where they are known, as though they all were.
    """

    base: str
    head: str
    problems: tuple[Problem, ...] = ()
    edits: tuple[Edit, ...] = ()
    diff: Diff = field(default_factory=Diff)
    unfilled: tuple[Unfilled, ...] = ()
    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)
    records: int = 0
    refused: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    welcomed: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, Count]:
        """How many recorded records are concerned, by the words of a threshold."""
        rows, by = sum(self.rows.values()), [record.change for record in self.diff.records]
        held: set[Place] = {h.subject.place for h in self.diff.held if not h.reason.remark}
        told = len(by) - sum(by.count(change) for change in (Change.CHANGED, Change.ENTERED, Change.LEFT))
        return {
            "changed": Count(by.count(Change.CHANGED), rows),
            "entered": Count(by.count(Change.ENTERED), rows),
            "left": Count(by.count(Change.LEFT), rows),
            "held": Count(len(held), rows),
            "told": Count(told, self.records),
        }


def diff(base: str, head: str | None, mapping: Path, fixtures: Fixtures) -> Compared:
    """Compare two versions of a mapping file, each a file or a revision in git; without a head the file as it is.

    Raises ConfigError where a revision is missing, or the head has faults: all of them.
    """
    with ExitStack() as open_:
        new = open_.enter_context(_version(head or str(mapping), mapping))
        named = (base, head or str(mapping))
        try:
            old = open_.enter_context(_version(base, mapping))
        except ConfigError as error:
            if not any(problem.file for problem in error.problems):
                raise
            return Compared(*named, problems=tuple(error.problems))
        if old[1].sha == new[1].sha:
            return Compared(*named)
        told = tuple(edits(old[0], new[0]))
        both = (*old[1].mappings, *new[1].mappings)
        welcomed = _entering(both, Entry.MATCHED) - _entering(both, Entry.ALWAYS)
        found = _compared(_welcoming(old[1], welcomed), _welcoming(new[1], welcomed), fixtures)
        return replace(found, base=base, head=named[1], edits=told, welcomed=tuple(" ".join(pair) for pair in sorted(welcomed)))


@contextmanager
def _version(given: str, mapping: Path) -> Iterator[tuple[Source, MappingFile]]:
    with source_at(given, mapping) as source:
        yield source, interpret(source, PRM_FIELDS)


def _entering(mappings: Iterable[EntityMapping], entry: Entry) -> set[tuple[str, str]]:
    return {(m.connection, m.entity) for m in mappings if m.enter is entry}


def _welcoming(mapping: MappingFile, welcomed: Collection[tuple[str, str]]) -> MappingFile:
    """The mapping that lets these in: nobody is known in a store that is thrown away, so nobody would be found there."""
    changed = (_open(m) if (m.connection, m.entity) in welcomed else m for m in mapping.mappings)
    return replace(mapping, mappings=tuple(changed))


def _open(mapping: EntityMapping) -> EntityMapping:
    """What its records are recognised by comes in with them, though it flows nowhere otherwise."""
    fields = {prm: rule.model_copy(update={"on_create": Direction.IN}) for prm, rule in mapping.fields.items()}
    return mapping.model_copy(update={"enter": Entry.ALWAYS}).reduced(fields)


def _compared(old: MappingFile, new: MappingFile, fixtures: Fixtures) -> Compared:
    fields = frozenset((m.entity, rule.prm) for m in (*old.mappings, *new.mappings) for rule in m.rules)
    scope = Scope(sorted({*old.connections, *new.connections}), fields)
    with rehearsal(new, fixtures) as fresh:
        unrecorded = list(_load(fresh, fixtures))
        head = look(fresh, fixtures, scope)
    with rehearsal(old, fixtures) as before:
        unrecorded += _load(before, fixtures)
        base = look(before, fixtures, scope)
        words = (worded(before, fixtures, old, base), worded(before, fixtures, new, base))
        with _deployed(before, new, fixtures) as after:
            _quiet(after)
            refused = _sync(after)
            once = look(after, fixtures, scope)
            with read(after.project.engine) as conn:
                empty = tuple(found for c in new.connections for found in unfilled(conn, after.project.mappings(c)))
            _ask_again(after)
            refused += _sync(after)
            later = look(after, fixtures, scope)
    found = compare(base, head, once, later, words=words)
    rows = Counter((place.connection, place.entity) for place in base.rows)
    return Compared("", "", (), (), found, empty, rows, len(base.crm), refused, tuple(dict.fromkeys(unrecorded)))


def _load(of: Rehearsal, fixtures: Fixtures) -> Iterator[str]:
    """Load everything; answers what is mapped and not recorded, which counts as there, and empty."""
    mapping = of.project.mapping
    of.project.settings = replace(of.project.settings, allow=_WHOLE)
    for m in mapping.mappings:
        if m.object not in fixtures.described(m.connection):
            of.crms[m.connection].define(m.object, dict.fromkeys(m.crm_fields, FieldType.TEXT))
            yield f"{m.connection} {m.object}"
    for _ in range(_ROUNDS):
        of.sync()


@contextmanager
def _deployed(before: Rehearsal, mapping: MappingFile, fixtures: Fixtures) -> Iterator[Rehearsal]:
    """The new mapping over the store and the CRMs that the old one left."""
    held: list[Rehearsal] = []
    settings = replace(before.project.settings, allow=None)
    project = project_of(settings, mapping, clock=lambda: held[0].now if held else before.now)
    crms = {name: before.crms.get(name) or MemoryCrm(clock=project.now) for name in mapping.connections}
    held.append(Rehearsal(project, crms, before.now))
    for name, crm in crms.items():
        crm.clock = project.now
        for object in fixtures.described(name) if name not in before.crms else ():
            crm.stock(fixtures.description(name, object), fixtures.records(name, object))
        for m in mapping.of(name):
            if m.object not in crm.objects:
                crm.define(m.object, dict.fromkeys(m.crm_fields, FieldType.TEXT))
        project.use(name, MemoryConnector(name, crm))
    try:
        yield held[0]
    finally:
        project.close()


def _sync(of: Rehearsal) -> tuple[str, ...]:
    """A round; answers why it would be refused, where too much would change. It is done all the same."""
    try:
        of.sync()
    except Stop as stop:
        of.project.settings = replace(of.project.settings, allow=_WHOLE)
        of.sync()
        return (str(stop),)
    return ()


def _quiet(of: Rehearsal) -> None:
    """Nobody has touched a record of the CRMs since: not even those are read again that came last."""
    with write(of.project.engine) as conn:
        conn.execute(update(sync_cursor).values(stamp=_NEVER))


def _ask_again(of: Rehearsal) -> None:
    """Have every record of the CRMs read once more, as though each had been touched."""
    with write(of.project.engine) as conn:
        conn.execute(delete(sync_cursor))
