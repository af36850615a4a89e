"""What a run told a CRM, told back: new deliveries with the usual guard, which go out with the next push."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from centri.engine.items import Item
from centri.engine.parcels import with_parents
from centri.engine.project import Project
from centri.mappings.schema import EntityMapping
from centri.records import Ref, same
from centri.store import deliveries, links, outbox_history, prm
from centri.store.deliveries import Queued
from centri.store.outbox_history import Done
from centri.sync.link import Link, LinkState
from centri.sync.undo import Fate, Inverse, Told, undo_told


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery's inverse, and the one that takes it back, where there is something to take back."""

    inverses: Sequence[Inverse]
    back: Queued | None = None


def plan(
    project: Project, conn: Connection, connection: str, entity: str, page: Sequence[Done], going: Collection[str]
) -> list[Planned]:
    """The inverses of deliveries of one entity; the links of rows that are ``going`` count as undone."""
    sent = with_parents(conn, [d.queued for d in page])
    ids = {q.prm_id for q in sent}
    linked = links.of_prm(conn, entity, ids, tuple(LinkState))
    waiting = outbox_history.unsent(conn, connection, entity, ids)
    rows = prm.read(conn, entity, ids).records
    found = []
    for queued, done in zip(sent, page, strict=True):
        mappings = project.mappings(connection, entity=entity, object=queued.object)
        link = _link(linked.get(queued.prm_id, ()), queued, going)
        unsent = waiting.get(queued.of)
        inverses = undo_told(_told(queued, done.stored, mappings), link, unsent.values if unsent else {})
        values = rows[queued.prm_id].values if queued.prm_id in rows else {}
        back = _back(queued, inverses, link, mappings, values) if link else None
        found.append(Planned(inverses, _joined(back, unsent) if back and unsent else back))
    return found


def apply(project: Project, conn: Connection, run_id: str, planned: Sequence[Planned]) -> None:
    deliveries.queue(conn, [p.back for p in planned if p.back], run_id=run_id, now=project.now())


def _link(found: Sequence[Link], queued: Queued, going: Collection[str]) -> Link | None:
    mine = [k for k in found if (k.crm.system, k.crm.object, k.role) == (queued.connection, queued.object, queued.role)]
    link = next((k for k in mine if k.crm.id == queued.crm_id), None) or next(iter(reversed(mine)), None)
    return replace(link, state=LinkState.UNLINKED) if link and link.prm.id in going else link


def _told(queued: Queued, stored: Mapping[str, Any], mappings: Sequence[EntityMapping]) -> Told:
    ref = Ref(queued.connection, queued.object, queued.crm_id or "")
    key = next((m.key.crm for m in mappings if m.key), "")
    return Told(queued.entity, ref, queued.crm_id is None, queued.values, stored, queued.seen, key)


def _back(
    queued: Queued, inverses: Sequence[Inverse], link: Link, mappings: Sequence[EntityMapping], row: Mapping[str, Any]
) -> Queued | None:
    """The CRM's old values; with them the link will remember what the PRM holds by then, so that nothing flows."""
    back = {i.field: i for i in inverses if i.fate is Fate.TOLD_BACK}
    if not back:
        return None
    agreed = {r.prm: row.get(r.prm) for m in mappings for r in m.rules if r.crm in back} if link.state is LinkState.ACTIVE else {}
    return replace(
        queued,
        id=str(uuid4()),
        values={name: i.back for name, i in back.items()},
        sent=agreed,
        seen={name: i.now for name, i in back.items()},
        expected=link.crm_version,
        key=None,
        attempts=0,
        run_id="",
    )


def _joined(back: Queued, new: Queued) -> Queued:
    """One delivery for both: what else the CRM is to be told counts more."""
    values, sent, seen = ({**a, **b} for a, b in ((back.values, new.values), (back.sent, new.sent), (back.seen, new.seen)))
    return replace(back, values=values, sent=sent, seen=seen)


def still_told(delivery: Queued | None, waiting: Queued | None, item: Item) -> Queued | None:
    """A decision's delivery along with what an undo has yet to tell of the same record.

    A field that the CRM has changed since is let go. Where the decision tells a field as well, the decision counts.
    """
    if waiting is None or (delivery and delivery.crm_id is None):
        return delivery
    held = item.crm.values if item.crm else {}
    kept = {n: v for n, v in waiting.values.items() if n in waiting.seen and same(held.get(n, waiting.seen[n]), waiting.seen[n])}
    if not kept:
        return delivery
    gone = {r.prm for r in item.mapping.rules if r.crm in waiting.values and r.crm not in kept}
    version = item.crm.version if item.crm and item.crm.version else waiting.expected
    seen = {n: waiting.seen[n] for n in kept}
    sent = {n: v for n, v in waiting.sent.items() if n not in gone}
    rest = replace(waiting, values=kept, sent=sent, seen=seen, expected=version)
    return _joined(rest, delivery) if delivery else rest
