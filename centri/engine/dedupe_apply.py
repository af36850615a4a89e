"""One group of duplicates merged, in one transaction: values, what hangs on the losers, links, the log and the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from centri.dedupe.dictionaries import Dictionaries
from centri.engine import consequences
from centri.engine.dedupe_plan import Plan
from centri.engine.project import Project
from centri.records import Ref, same
from centri.store import audit, children, deliveries, merges, prm, sweeps
from centri.store.audit import Cause, Entry
from centri.store.children import Moved

ACTOR = "centri"


class ChangedMeanwhile(Exception):
    """A row was changed by somebody else since the plan was made; nothing of the group is done."""


@dataclass(slots=True)
class _Merge:
    """One loser: what the survivor takes of it, and what becomes of itself, by field."""

    loser: Ref
    takes: dict[str, Any]
    becomes: dict[str, Any]
    moved: list[Moved] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)


def apply(project: Project, conn: Connection, run_id: str, plan: Plan, *, cause: Cause | None = None) -> list[int]:
    """Merge a group; answers the numbers of its merges in the log. Raises ChangedMeanwhile.

    ``cause`` names who merges, where it is not centri in a run of its own.
    """
    now = project.now()
    cause = cause or Cause(ACTOR, "command", run_id, "engine", project.mapping.sha)
    done = list(_merges(plan, now, project.mapping.dictionaries))
    _write(conn, cause, plan, done, now)
    for one in done:
        why = f"merged into {plan.entity} {plan.survivor.id}"
        one.moved = children.move(conn, plan.entity, one.loser.id, plan.survivor.id, actor=cause.actor, now=now, why=why)
        one.links = merges.follow(conn, plan.entity, one.loser.id, plan.survivor.id)
        _quiet(conn, plan, one)
    audit.record(conn, cause, (entry for one in done for entry in moves(one.moved)), now=now)
    return [merges.log(conn, _log(plan, one, run_id, cause, now)) for one in done]


def _merges(plan: Plan, now: datetime, dictionaries: Dictionaries) -> Iterator[_Merge]:
    """A field that the survivor takes of several goes to the account of the first of them."""
    stored, taken = plan.rows[plan.survivor.id], set[str]()
    for loser in plan.losers:
        takes = {n: t.value for n, (_, t) in plan.changed.items() if n not in taken and loser in t.of}
        if _later(plan.rows[loser.id], stored, "last_activity_at") and "last_activity_at" not in taken:
            takes["last_activity_at"] = _latest_activity(plan)
        takes |= {n: v for n, v in consequences.of(plan.entity, takes, stored, None, now, dictionaries).items() if n not in taken}
        taken |= takes.keys()
        yield _Merge(loser, takes, _becomes(plan, loser, now, dictionaries))


def _later(row: Mapping[str, Any], than: Mapping[str, Any], name: str) -> bool:
    return row.get(name) is not None and (than[name] is None or row[name] > than[name])


def _latest_activity(plan: Plan) -> datetime:
    times: list[datetime] = [time for row in plan.rows.values() if (time := row["last_activity_at"]) is not None]
    return max(times)


def _becomes(plan: Plan, loser: Ref, now: datetime, dictionaries: Dictionaries) -> dict[str, Any]:
    pointer = {prm.MASTER[plan.entity]: plan.survivor.id}
    if plan.entity != "lead":
        return {"deleted_at": now, **pointer}
    state = {"state": "merged", "state_reason": f"duplicate of {plan.survivor.id}"}
    return state | pointer | consequences.of("lead", state, plan.rows[loser.id], None, now, dictionaries)


def _write(conn: Connection, cause: Cause, plan: Plan, done: list[_Merge], now: datetime) -> None:
    takes: dict[str, Any] = {}
    for one in done:
        takes |= one.takes
    if plan.contact:
        takes["duplicate_of_contact_id"] = plan.contact.id
    changes = [prm.Change(one.loser.id, one.becomes, plan.rows[one.loser.id]) for one in done]
    changes += [prm.Change(plan.survivor.id, takes, plan.rows[plan.survivor.id])] if takes else []
    written = prm.write(conn, plan.entity, changes, actor=cause.actor, now=now)
    if len(written) != len(changes):
        raise ChangedMeanwhile
    audit.record(conn, cause, (entry for change in changes for entry in audit.of_change(plan.entity, change)), now=now)


def _quiet(conn: Connection, plan: Plan, one: _Merge) -> None:
    """Drop what was to be told of the loser, and let the CRMs that it brings along hear of the survivor."""
    for link in one.links:
        of = (link["object"], one.loser.id, link["before"]["role"])
        deliveries.withdraw(conn, link["connection"], plan.entity, [of])
        if link["after"]["prm_id"] == plan.survivor.id:
            sweeps.mark_dirty(conn, link["connection"], plan.entity, {plan.survivor.id: plan.rows[plan.survivor.id]["revision"]})


def moves(moved: list[Moved]) -> Iterator[Entry]:
    """An entry for each column of a row that was moved."""
    for one in moved:
        yield from (Entry(one.table, one.id, name, one.before[name], value) for name, value in one.after.items())


def _log(plan: Plan, one: _Merge, run_id: str, cause: Cause, now: datetime) -> dict[str, Any]:
    survivor, loser = plan.rows[plan.survivor.id], plan.rows[one.loser.id]
    changed = {
        "survivor": _before_and_after(plan.entity, survivor, one.takes),
        "loser": _before_and_after(plan.entity, loser, one.becomes),
    }
    return {
        "entity": plan.entity,
        "survivor_id": plan.survivor.id,
        "loser_id": one.loser.id,
        "run_id": run_id or None,
        "actor": cause.actor,
        "because": plan.because,
        "probability": plan.group.scores.get(one.loser, 1.0),
        "at": now,
        "survivor_before": _told(survivor),
        "loser_before": _told(loser),
        "winners": {n: {"value": t.value, "of": [ref.id for ref in t.of], "because": t.because} for n, t in plan.fields.items()},
        "changed": changed,
        "children": [asdict(moved) for moved in one.moved],
        "links": one.links,
    }


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): prm.tell(value) for name, value in row.items()}


def _before_and_after(entity: str, row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    told = prm.told(entity, values)
    return {str(name): [prm.tell(row[name]), value] for name, value in told.items() if not same(prm.tell(row[name]), value)}
