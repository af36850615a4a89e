"""A merge taken back: the loser, the survivor's values, what was moved, the links; what was changed since is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from centri.engine.dedupe_apply import ACTOR, moves
from centri.engine.dedupe_leases import undisturbed
from centri.engine.project import Project
from centri.engine.recording import recorded
from centri.errors import ConfigError, Rejected, RetryLater
from centri.records import PRM, Ref, same
from centri.store import audit, children, duplicates, merges, prm
from centri.store.children import Moved
from centri.store.database import read, write

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that stays as it is, because somebody changed it since the merge."""

    table: str
    id: str
    field: str
    now: Any
    before: Any


@dataclass(frozen=True, slots=True)
class Inverse:
    """One merge taken back. ``back`` is what becomes of its two rows, by id and field; ``kept`` is left alone."""

    number: int
    entity: str
    survivor: str
    loser: str
    back: Mapping[str, Mapping[str, Any]]
    moved: Sequence[Moved]
    kept: Sequence[Kept]
    links: Sequence[Row]


@dataclass(slots=True)
class Unmerged:
    """The merges that are meant, the latest first, and whether they were taken back; ``run_id`` is the run's that did it."""

    inverses: list[Inverse] = field(default_factory=list)
    run_id: str = ""

    @property
    def complete(self) -> bool:
        """Whether everything is as it was."""
        return not any(one.kept for one in self.inverses)


def undo(project: Project, name: str, *, yes: bool = False) -> Unmerged:
    """Plan to take merges back, and with ``yes`` do it. ``name`` is a merge's number, or a survivor's id for all of its merges.

    The two are never found to be the same again, unless somebody says so. Raises ConfigError where no merge is meant, Rejected
    where a later one stands in the way, RetryLater where somebody works on the rows.
    """
    with read(project.engine) as conn:
        meant = _meant(conn, name)
    if not yes:
        return _rehearsed(project, meant)
    entity = meant[0]["entity"]
    with undisturbed(project, entity) as leases, recorded(project, PRM, f"dedupe undo {entity}") as run:
        with write(project.engine) as conn:
            for lease in leases:
                lease.renew(conn, project.now())
            report = Unmerged([_undone(project, conn, run.id, row) for row in meant], run.id)
        run.counters = {"undone": len(meant)}
    return report


class _NotMeant(Exception):
    """Ends a transaction that only tried something."""


def _rehearsed(project: Project, meant: Sequence[Row]) -> Unmerged:
    """What would be done, tried in a transaction that comes to nothing: each merge is taken back on what the later ones leave."""
    report = Unmerged()
    with suppress(_NotMeant), write(project.engine) as conn:
        report.inverses = [_undone(project, conn, "", row) for row in meant]
        raise _NotMeant
    return report


def _undone(project: Project, conn: Connection, run_id: str, row: Row) -> Inverse:
    one = _inverse(conn, row)
    _apply(project, conn, run_id, one)
    return one


def _meant(conn: Connection, name: str) -> list[dict[str, Any]]:
    found = merges.undoable(conn, name)
    if not found and merges.ever(conn, name):
        raise ConfigError(f"merge {name} was taken back before" if name.isdigit() else f"all merges into {name} were taken back")
    if not found:
        raise ConfigError(f"no merge has the number or the survivor {name!r}; `centri dedupe log` lists them")
    for row in found:
        if later := merges.later(conn, row["entity"], row["survivor_id"]):
            gone = f"{row['entity']} {row['survivor_id']} went into another one itself, by merge {later}"
            raise Rejected("illegal_transition", f"{gone}: take that back first: centri dedupe undo {later}")
    return found


def _inverse(conn: Connection, row: Row) -> Inverse:
    entity, ids = row["entity"], {"survivor": row["survivor_id"], "loser": row["loser_id"]}
    rows = prm.read(conn, entity, list(ids.values()))
    back: dict[str, dict[str, Any]] = {}
    kept: list[Kept] = []
    for who, id in ids.items():
        for name, (before, after) in row["changed"][who].items():
            now = rows.records[id].values.get(name) if id in rows.records else None
            if id in rows.records and same(now, after):
                back.setdefault(id, {})[name] = before
            else:
                kept.append(Kept(entity, id, name, now, before))
    moved, left = children.as_left(conn, [Moved(**one) for one in row["children"]])
    kept += [Kept(one.table, one.id, name, None, before) for one in left for name, before in one.before.items()]
    return Inverse(row["id"], entity, row["survivor_id"], row["loser_id"], back, moved, kept, row["links"])


def _apply(project: Project, conn: Connection, run_id: str, one: Inverse) -> None:
    now = project.now()
    stored = prm.read(conn, one.entity, list(one.back)).stored
    changes = [prm.Change(id, values, stored[id]) for id, values in one.back.items()]
    written = prm.write(conn, one.entity, changes, actor=ACTOR, now=now)
    if len(written) != len(changes):
        raise RetryLater(f"somebody works on {one.entity} {one.survivor} or {one.loser}; try again")
    children.move_back(conn, one.moved, actor=ACTOR, now=now)
    merges.unfollow(conn, one.links)
    _heard(conn, one, stored)
    cause = audit.Cause(ACTOR, "command", run_id, "engine", project.mapping.sha)
    entries = [entry for change in changes for entry in audit.of_change(one.entity, change)]
    returned = [Moved(m.table, m.id, m.after, m.before) for m in one.moved]
    audit.record(conn, cause, [*entries, *moves(returned)], now=now)
    pair = Ref(PRM, one.entity, one.survivor), Ref(PRM, one.entity, one.loser)
    duplicates.say(conn, duplicates.APART, *pair, actor=ACTOR, why=f"merge {one.number} was taken back", now=now)
    merges.undone(conn, one.number, by=run_id, now=now)


def _heard(conn: Connection, one: Inverse, stored: Row) -> None:
    """The CRMs whose records change hands hear of both rows."""
    for link in one.links:
        revisions = {id: stored[id]["revision"] for id in (one.survivor, one.loser) if id in stored}
        prm.mark_dirty(conn, link["connection"], one.entity, revisions)
