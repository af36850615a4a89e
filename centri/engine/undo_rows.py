"""PRM rows that a run made or changed, taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from centri.engine import consequences
from centri.engine.project import Project
from centri.records import PRM, Ref
from centri.store import audit, deliveries, links, prm, usage
from centri.sync.link import Link, LinkState, Role
from centri.sync.merge import Direction
from centri.sync.undo import DELETED, LINK, Change, Fate, Inverse, Row, rewound, undo_row


@dataclass(frozen=True, slots=True)
class Planned:
    """What happens to some rows of an entity, with the rows and what the run did to them."""

    entity: str
    inverses: list[Inverse]
    stored: Mapping[str, Mapping[str, Any]]
    histories: Mapping[str, Sequence[Change]]


def plan(
    conn: Connection, connection: str, entity: str, refs: Collection[str], ids: Sequence[str], going: Collection[str]
) -> Planned:
    """The inverse of what runs did to rows."""
    histories = audit.changes(conn, refs, entity, ids)
    rows = prm.read(conn, entity, ids)
    made = [i for i in ids if any(c.field is None for c in histories[i])]
    users = _users(conn, connection, entity, made, going)
    inverses: list[Inverse] = []
    for prm_id in ids:
        record = rows.records.get(prm_id)
        values = record.values if record else None
        row = Row(Ref(PRM, entity, prm_id), values, sorted(users.get(prm_id, ())), usage.blank(entity), consequences.KEPT)
        inverses += undo_row(histories[prm_id], row)
    return Planned(entity, inverses, rows.stored, histories)


def _users(conn: Connection, connection: str, entity: str, ids: Sequence[str], going: Collection[str]) -> dict[str, set[str]]:
    """Who has to do with rows that were made: other rows, and CRM records other than the one each was made of."""
    found = usage.users(conn, entity, ids, but=going)
    for prm_id, linked in links.of_prm(conn, entity, ids).items():
        for link in linked:
            if (link.crm.system, link.role) != (connection, Role.ORIGIN):
                found.setdefault(prm_id, set()).add(f"{link.crm.object} {link.crm.id} in {link.crm.system}")
    return found


def left(planned: Planned, because: str) -> Planned:
    """The plan with nothing to do, because of something."""
    going_back = (Fate.BACK, Fate.REMOVED)
    inverses = [replace(i, fate=Fate.LEFT, because=because) if i.fate in going_back else i for i in planned.inverses]
    return replace(planned, inverses=inverses)


def apply(project: Project, conn: Connection, connection: str, run_id: str, planned: Planned) -> Planned:
    """Write the rows back, each unless it moved since it was read; answers what was done."""
    now, entity = project.now(), planned.entity
    back: dict[str, dict[str, Any]] = {}
    for inverse in planned.inverses:
        if inverse.fate is Fate.BACK:
            back.setdefault(inverse.ref.id, {})[inverse.field] = inverse.back
        elif inverse.fate is Fate.REMOVED:
            back[inverse.ref.id] = {DELETED: now}
    changes = [_change(entity, i, values, planned.stored[i], project) for i, values in back.items()]
    written = prm.write(conn, entity, changes, actor="centri", now=now)
    changed = {c.id: back[c.id] for c in changes if c.id in written}
    cause = audit.Cause("centri", "command", run_id, "engine", project.mapping.sha)
    entries = [entry for c in changes if c.id in written for entry in audit.of_change(entity, c)]
    moved = [*_moved(project, conn, connection, planned, changed)]
    links.save(conn, [new for _, new in moved], run_id=run_id, mapping_version=project.mapping.sha, now=now)
    unlinked = [
        audit.of_link(new, made=False) for old, new in moved if (old.state, new.state) == (LinkState.ACTIVE, LinkState.UNLINKED)
    ]
    audit.record(conn, cause, [*entries, *unlinked], now=now)
    over = [(k.crm.object, k.prm.id, str(k.role)) for _, k in moved if k.state is LinkState.UNLINKED]
    deliveries.withdraw(conn, connection, entity, over)
    return _done(planned, changed)


def _change(entity: str, prm_id: str, values: Mapping[str, Any], stored: Mapping[str, Any], project: Project) -> prm.Change:
    follows = consequences.of(entity, values, stored, None, project.now(), project.mapping.dictionaries)
    return prm.Change(prm_id, {**follows, **values}, stored)


def _done(planned: Planned, changed: Mapping[str, Any]) -> Planned:
    meanwhile = left(planned, "changed meanwhile")
    pairs = zip(planned.inverses, meanwhile.inverses, strict=True)
    return replace(planned, inverses=[done if done.ref.id in changed else undone for done, undone in pairs])


def _moved(
    project: Project, conn: Connection, connection: str, planned: Planned, changed: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[Link, Link]]:
    """The links of rows on the run's connection, before and after. To other CRMs a row that went back is one that changed."""
    gone = {(i.ref.id, i.field): i.now for i in planned.inverses if i.fate is Fate.BACK}
    for prm_id, found in links.of_prm(conn, planned.entity, changed, tuple(LinkState)).items():
        unlinked = {tuple(c.old) for c in planned.histories[prm_id] if c.field == LINK and c.old}
        values = changed[prm_id]
        for link in (k for k in found if k.crm.system == connection):
            if DELETED in values:
                state = _state(link, unlinked, removed=(prm_id, DELETED) not in gone)
                yield link, replace(link, state=state)
            elif link.state is LinkState.ACTIVE:
                crm_fields = _crm_fields(project, link)
                fields = {f: (crm_fields[f], gone[prm_id, f], v) for f, v in values.items() if f in crm_fields}
                yield link, rewound(link, fields)


def _state(link: Link, unlinked: Collection[tuple[Any, ...]], *, removed: bool) -> LinkState:
    """A row that goes is unlinked; one that comes back is linked again, unless the CRM's record is deleted."""
    if removed:
        return LinkState.UNLINKED if link.state is LinkState.ACTIVE else link.state
    if link.state is LinkState.UNLINKED and (*link.crm, str(link.role)) in unlinked:
        return LinkState.ACTIVE
    return LinkState.UNLINKED if link.state is LinkState.DELETED_REMOTE else link.state


def _crm_fields(project: Project, link: Link) -> dict[str, str]:
    """The CRM field of each PRM field that flows in."""
    mappings = project.mappings(link.crm.system, entity=link.prm.object, object=link.crm.object)
    return {r.prm: r.crm for m in mappings for r in m.rules if r.direction in (Direction.IN, Direction.BOTH)}
