"""Standardize what the store holds: codes for what people wrote, one form for countries and phones. Raw values stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from centri.dedupe import standards
from centri.dedupe.standards import STANDARDS
from centri.engine.project import Project
from centri.engine.recording import recorded
from centri.records import PRM
from centri.store import audit, misses, prm
from centri.store.database import read, write
from centri.sync.merge import Direction

ENTITIES = tuple(STANDARDS)
SHOWN = 50
_ACTOR = "clean"

Progress = Callable[[int], None]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of one row, before and after."""

    entity: str
    id: str
    field: str
    old: Any
    new: Any


@dataclass(slots=True)
class Cleaned:
    """What was done, or with ``planned`` would be, to the rows of an entity.

    ``moved`` are rows that somebody else changed meanwhile: the next run looks at them again. Of the changes the first are
    ``shown``.
    """

    entity: str
    planned: bool = False
    looked: int = 0
    changed: int = 0
    moved: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    shown: list[Shown] = field(default_factory=list)
    most: int = SHOWN

    def add(self, change: prm.Change) -> None:
        assert change.stored is not None
        self.changed += 1
        self.fields.update(list(change.values))
        room = self.most - len(self.shown)
        told = [Shown(self.entity, change.id, n, prm.tell(change.stored[n]), v) for n, v in change.values.items()]
        self.shown.extend(told[:room])


@dataclass(frozen=True, slots=True)
class Report:
    """By entity what was done, and how many raw values nobody knows; None where nothing was written."""

    cleaned: Sequence[Cleaned]
    misses: int | None = None
    run_id: str = ""


def clean(
    project: Project, entities: Sequence[str] = ENTITIES, *, plan: bool = False, progress: Progress = lambda rows: None
) -> Report:
    """Standardize the living rows of entities, a chunk in a transaction, and count anew what is not known.

    With ``plan`` nothing is written. A row that is as it should be is not touched, so that a second run changes nothing.
    """
    if plan:
        return Report([_clean(project, entity, "", progress) for entity in entities])
    with recorded(project, PRM, f"clean {' '.join(entities)}") as run:
        done = [_clean(project, entity, run.id, progress) for entity in entities]
        with write(project.engine) as conn:
            unknown = recount(project, conn)
        run.counters = {f"{one.entity} changed": one.changed for one in done} | {"misses": unknown}
    return Report(done, unknown, run.id)


def recount(project: Project, conn: Connection) -> int:
    """Count what no dictionary of the mapping knows; answers how many raw values that are."""
    dictionaries = project.mapping.dictionaries
    return misses.recount(conn, lambda kind, raw: standards.blank(raw) or standards.known(kind, raw, dictionaries))


def _clean(project: Project, entity: str, run_id: str, progress: Progress) -> Cleaned:
    done = Cleaned(entity, planned=not run_id)
    theirs = _theirs(project, entity)
    for rows in _chunks(project, entity):
        changes = [change for row in rows if (change := _change(project, entity, row, theirs))]
        written = _write(project, entity, changes, run_id) if run_id and changes else {c.id for c in changes}
        for change in changes:
            if change.id in written:
                done.add(change)
        done.looked += len(rows)
        done.moved += len(changes) - len(written)
        progress(len(rows))
    return done


def _chunks(project: Project, entity: str) -> Iterator[Sequence[Row]]:
    table, last = prm.ENTITIES[entity], ""
    while True:
        query = select(table).where(table.c.deleted_at.is_(None), table.c.id > last).order_by(table.c.id)
        with read(project.engine) as conn:
            rows: list[Row] = [dict(row) for row in conn.execute(query.limit(project.settings.chunk_size)).mappings()]
        if not rows:
            return
        last = rows[-1]["id"]
        yield rows


def _change(project: Project, entity: str, row: Row, theirs: frozenset[str]) -> prm.Change | None:
    wanted = standards.cleaned(entity, row, project.mapping.dictionaries)
    values = {name: value for name, value in wanted.items() if name not in theirs}
    return prm.Change(row["id"], values, row) if values else None


def _theirs(project: Project, entity: str) -> frozenset[str]:
    """The codes that a CRM says itself, by the mapping: those are not ours to say."""
    rules = (r for m in project.mapping.mappings if m.entity == entity for r in m.rules)
    return frozenset(r.prm for r in rules if r.flows(Direction.IN)) & standards.CODES


def _write(project: Project, entity: str, changes: Sequence[prm.Change], run_id: str) -> set[str]:
    """Answers the ids of the rows that were written."""
    cause = audit.Cause(_ACTOR, "command", run_id, "engine", project.mapping.sha)
    with write(project.engine) as conn:
        now = project.now()
        written = prm.write(conn, entity, changes, actor=_ACTOR, now=now)
        entries = (entry for c in changes if c.id in written for entry in audit.of_change(entity, c))
        audit.record(conn, cause, entries, now=now)
    return set(written)
