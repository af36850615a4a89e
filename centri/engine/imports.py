"""Rows of a spreadsheet into the PRM: staged as what a connection called ``import`` tells, and settled as any other's."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from centri.connectors.spreadsheet import Row
from centri.engine.decide import Decided
from centri.engine.import_cells import values_of
from centri.engine.import_plan import FileImport
from centri.engine.project import Project, project_of
from centri.engine.pull import Progress, silent
from centri.engine.recording import recorded
from centri.engine.settle import settle
from centri.mappings.spreadsheet import with_import
from centri.mappings.translate import Translation, inward
from centri.records import IMPORT, Record, Ref
from centri.store import findings, staging
from centri.store.database import read, write
from centri.store.leases import leased
from centri.store.replica import replicate
from centri.sync.reconcile import Action


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row, or a field of it, was set aside."""

    kind: str
    field: str
    reason: str


@dataclass(slots=True)
class Imported:
    """What an import did: rows by outcome (new, adopted, updated, unchanged, review, rejected), and those set aside.

    ``rejects`` holds the reasons by row number; a row that came in without one of its fields is among them too. ``repeated``
    counts rows that say just what one before them says.
    """

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rejects: dict[int, list[Reject]] = field(default_factory=dict)
    repeated: int = 0
    known: set[int] = field(default_factory=set)
    """The numbers of the rows that were staged."""


_OUTCOMES = {
    Action.CREATE_IN_PRM: "new",
    Action.ADOPT: "adopted",
    Action.REVIEW: "review",
    Action.WAIT: "rejected",
    Action.HOLD: "rejected",
}


def import_file(project: Project, wanted: FileImport, *, progress: Progress = silent) -> Imported:
    """Stage every row and settle them. Raises ConfigError, RetryLater and Stop as settling does; a row staged is not lost.

    A row known from before, by its key or its content, is compared with what it said then: what it says unchanged changes
    nothing, whatever became of the record since.
    """
    mapping = with_import(project.mapping, wanted.mapping, wanted.exported_by)
    inner = Project(project.settings, mapping, project.engine, project.clock)
    with recorded(inner, IMPORT, f"import {wanted.source}") as run:
        done, known = _staged(inner, wanted, run.id)
        outcomes: dict[str, str] = {}

        def watch(decided: Sequence[Decided]) -> None:
            progress(len(decided))
            outcomes.update((i.crm.ref.id, _outcome(i, d)) for i, d in decided if i.staged and i.crm and i.crm.ref.id in known)

        settle(inner, IMPORT, wanted.mapping.entity, watch=watch)
        _reject(inner, wanted, known, done)
        done.known = set(known.values())
        refused = {id for id, number in known.items() if outcomes.get(id) == "new" and _whole(done.rejects.get(number, ()))}
        done.outcomes = Counter({**outcomes, **dict.fromkeys(refused, "rejected")}.values())
        done.outcomes["rejected"] += len(done.rejects.keys() - done.known)
        run.counters = {"rows": done.rows, **done.outcomes, "repeated": done.repeated}
    return done


@contextmanager
def rehearsed(project: Project, wanted: FileImport, *, progress: Progress = silent) -> Iterator[Imported]:
    """What an import would do: the import itself, on a copy of the store that is thrown away."""
    home = project.settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    now = project.now()
    with TemporaryDirectory(prefix="import-", dir=home) as folder:
        settings: Any = replace(project.settings, database_url=f"sqlite:///{Path(folder) / 'import.db'}")
        replicate(project.engine, settings.database)
        copy = project_of(settings, project.mapping, clock=lambda: now)
        try:
            yield import_file(copy, wanted, progress=progress)
        finally:
            copy.close()


def sample(wanted: FileImport, most: int) -> list[tuple[Row, Translation]]:
    """The first rows, with what each says in the PRM's words."""
    rows = next(wanted.sheet.rows(most), [])
    return [(row, inward(values_of(wanted, row), wanted.mapping)) for row in rows]


def _outcome(item: Any, decision: Any) -> str:
    if decision.action in _OUTCOMES:
        return _OUTCOMES[decision.action]
    return "updated" if item.link and decision.to_prm else "unchanged"


def _whole(rejects: Sequence[Reject]) -> bool:
    """Whether a row was refused as a whole, by the store."""
    return any(not reject.field and reject.kind == "validation" for reject in rejects)


def _staged(project: Project, wanted: FileImport, run_id: str) -> tuple[Imported, dict[str, int]]:
    """Stage all rows, a part in each transaction. Answers the number of each row by its id, one for each id."""
    done = Imported()
    known: dict[str, int] = {}
    said: dict[str, str] = {}
    with leased(project.engine, f"{IMPORT}/file {wanted.source}", now=project.now()) as lease:
        for rows in wanted.sheet.rows(project.settings.chunk_size):
            records = []
            for row in rows:
                record = _record(project, wanted, row)
                if reject := _unusable(wanted, row, record, known, said):
                    done.rejects[row.number] = [reject]
                elif record.ref.id in known:
                    done.repeated += 1
                else:
                    known[record.ref.id], said[record.ref.id] = row.number, record.version
                    records.append(record)
            done.rows += len(rows)
            now = project.now()
            with write(project.engine) as conn:
                lease.renew(conn, now)
                staging.stage(conn, ((wanted.mapping.entity, r) for r in records), run_id=run_id, now=now)
    return done, known


def _unusable(wanted: FileImport, row: Row, record: Record, known: Mapping[str, int], said: Mapping[str, str]) -> Reject | None:
    if row.beyond:
        return Reject("validation", "", f"the row has more cells than there are columns: {row.beyond!r} stands behind the last")
    if wanted.key and not wanted.cell(row, wanted.key):
        return Reject("keyless", "", f"the key {wanted.key!r} is blank")
    if record.ref.id in known and said[record.ref.id] != record.version:
        return Reject("possible_duplicate", "", f"row {known[record.ref.id]} has the same key and says something else")
    return None


def row_key(wanted: FileImport, row: Row) -> str:
    """What a row is known by: its key, or its content."""
    return wanted.key_in(row) or _digest(values_of(wanted, row))


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:20]


def _record(project: Project, wanted: FileImport, row: Row) -> Record:
    values = values_of(wanted, row)
    ref = Ref(IMPORT, wanted.source, f"{wanted.source}:{row_key(wanted, row)}")
    return Record(ref, values, _digest(values), project.now())


def _reject(project: Project, wanted: FileImport, known: Mapping[str, int], done: Imported) -> None:
    """Gather what is open about the rows of this file."""
    ids, size = list(known), project.settings.chunk_size
    for start in range(0, len(ids), size):
        with read(project.engine) as conn:
            about = {"connection": IMPORT, "object": wanted.source, "entity": wanted.mapping.entity, "state": "open"}
            found = findings.matching(conn, crm_id=ids[start : start + size], **about)
        for one in found:
            reject = Reject(one["kind"], one["field"] or "", one["note"] or "")
            done.rejects.setdefault(known[one["crm_id"]], []).append(reject)
