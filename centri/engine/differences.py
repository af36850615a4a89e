"""Where a CRM's records and the store do not say the same, and nothing is underway that would mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from centri.engine import gather
from centri.engine.decide import decide
from centri.engine.items import Chunk, Item
from centri.engine.project import Project
from centri.engine.swept import Difference, Finding, Kind, Moved
from centri.mappings.schema import EntityMapping
from centri.records import MISSING, Cursor, Record, same
from centri.store import links, sweeps
from centri.store.staging import Staged
from centri.sync.link import Link, LinkState, agreed
from centri.sync.merge import FieldDecision
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision


@dataclass(slots=True)
class Compared:
    """What a comparison of live records found. ``underway`` counts those that the next sync deals with anyway.

    ``unlinked`` counts those that have no link and are to have one.
    """

    findings: list[Finding] = field(default_factory=list)
    underway: int = 0
    unlinked: int = 0


def compare(
    project: Project, conn: Connection, mapping: EntityMapping, records: Sequence[Record], cursor: Cursor | None
) -> Compared:
    """Compare live records of a CRM with the store, by the decisions that a settling would make; nothing is applied.

    ``cursor`` is how far the feed has been read: what the CRM changed behind it the next pull brings.
    """
    found, known = Compared(), _links(conn, mapping, records)
    states = sweeps.staged(conn, mapping.connection, mapping.object, mapping.entity, [r.ref.id for r in records])
    coming = {r.ref.id for r in records if is_ahead(r, cursor) or states.get(r.ref.id) == "open"}
    strangers = [r for r in records if r.ref.id not in known and not mapping.is_push_lead and mapping.where.passes(r.values)]
    found.unlinked = len([r for r in strangers if r.ref.id in states])
    found.underway = len([r for r in strangers if states.get(r.ref.id) == "open"])
    asked = [r for r in strangers if r.ref.id not in states] + [r for r in records if known.get(r.ref.id) in _LIVING]
    chunk = gather.from_staged(project, conn, mapping, [Staged(0, mapping.entity, r) for r in asked])
    pairs = _Pairs(conn, mapping, chunk, coming)
    found.findings += (f for item, decision in decide(chunk) if (f := pairs.finding(item, decision)))
    found.unlinked += pairs.strangers
    found.underway += pairs.underway
    return found


def is_ahead(record: Record, cursor: Cursor | None) -> bool:
    """Whether the feed has not come to a record's last change yet."""
    return cursor is None or record.changed_at is None or Cursor(record.changed_at, record.ref.id) > cursor


_LIVING = (LinkState.ACTIVE, LinkState.DISCONNECTED, LinkState.DELETED_REMOTE)
"""States of a link whose two records are to be the same thing, should the CRM's be there."""


def _links(conn: Connection, mapping: EntityMapping, records: Sequence[Record]) -> dict[str, LinkState]:
    """CRM id -> state of its link for one entity; a living one counts before one that is over."""
    found = links.of_crm(conn, mapping.connection, mapping.object, [r.ref.id for r in records])
    mine = {crm_id: [k.state for k in some if k.prm.object == mapping.entity] for crm_id, some in found.items()}
    return {crm_id: next((s for s in states if s in _LIVING), states[0]) for crm_id, states in mine.items() if states}


class _Pairs:
    """The pairs of one chunk, with what is open about them and what is on its way."""

    def __init__(self, conn: Connection, mapping: EntityMapping, chunk: Chunk, coming: set[str]) -> None:
        self.mapping, self.chunk, self.coming = mapping, chunk, coming
        self.underway = self.strangers = 0
        crm_ids = [i.crm.ref.id for i in chunk.items if i.crm]
        prm_ids = [i.link.prm.id for i in chunk.items if i.link]
        self.dirty = sweeps.dirty(conn, mapping.connection, mapping.entity, prm_ids)
        self.open: dict[str, list[sweeps.Row]] = defaultdict(list)
        for row in sweeps.set_aside(conn, mapping.connection, mapping.entity, crm_ids=crm_ids, prm_ids=prm_ids):
            self.open[row["crm_id"] or row["prm_id"]].append(row)

    def finding(self, item: Item, decision: Decision) -> Finding | None:
        """What there is to tell of a pair, which is nothing where all is well, or the next sync deals with it."""
        assert item.crm is not None
        if item.link is None:
            return self._stranger(item, decision)
        if item.prm is None or item.prm.deleted:
            return self._stale(item, item.link)
        if item.link.state is LinkState.DELETED_REMOTE:
            note = "the link counts it as deleted in the CRM"
            return self._unless(item.crm.ref.id in self.coming, Kind.BACK, item, note)
        if decision.action not in (Action.UPDATE, Action.ADOPT, Action.WAIT):
            return None
        told = [self._difference(item, item.link, f) for f in decision.fields if _differs(f)]
        if item.link.state is LinkState.DISCONNECTED:  # what the PRM changes of it is not told either
            told = [d for d in told if d.moved is not Moved.PRM]
        news = tuple(d for d in told if d.held or not self._underway(item, item.link, d))
        if not told:
            return None
        kind = Kind.HELD if all(d.held for d in news) else Kind.DIFFERS
        return self._unless(not news, kind, item, decision.because, news)

    def _stranger(self, item: Item, decision: Decision) -> Finding | None:
        if decision.action is Action.NOTHING:
            return None
        assert item.crm is not None
        self.strangers += 1
        return self._unless(item.crm.ref.id in self.coming, Kind.MISSED, item, decision.because)

    def _stale(self, item: Item, link: Link) -> Finding | None:
        kind = Kind.HELD if any(a["kind"] == "deleted_prm" for a in self._anomalies(item, link)) else Kind.STALE
        note = "its PRM row is deleted" if item.prm else "its PRM row is not there any more"
        heard = item.prm is not None and (link.prm.id in self.dirty or link.crm.id in self.coming)
        return self._unless(heard, kind, item, note)

    def _unless(self, underway: bool, kind: Kind, item: Item, note: str, fields: tuple[Difference, ...] = ()) -> Finding | None:
        """A finding, unless the next sync deals with the pair anyway."""
        assert item.crm is not None
        self.underway += underway
        if underway:
            return None
        revision = int(item.prm.version) if item.prm else None
        return _finding(kind, self.mapping, item.crm, note, fields, item.link.prm.id if item.link else "", revision)

    def _difference(self, item: Item, link: Link, f: FieldDecision) -> Difference:
        crm = not same(f.crm, agreed(link.crm_seen.get(f.crm_field, MISSING)))
        prm = not same(f.prm, agreed(link.prm_seen.get(f.field, MISSING)))
        moved = Moved.BOTH if crm and prm else Moved.PRM if prm else Moved.CRM
        held = any(a["stage"] == "push" or (a["field"] or f.field) == f.field for a in self._anomalies(item, link))
        return Difference(f.field, f.crm_field, _plain(f.crm), _plain(f.prm), moved, f.because, held)

    def _anomalies(self, item: Item, link: Link) -> Iterator[sweeps.Row]:
        yield from self.open.get(link.crm.id, ())
        yield from self.open.get(link.prm.id, ())

    def _underway(self, item: Item, link: Link, d: Difference) -> bool:
        """Whether the side that moved is about to be heard, or the other about to be told."""
        of_crm = d.moved is not Moved.PRM and link.crm.id in self.coming
        unsent = (link.prm.id, str(link.role)) in self.chunk.unsent
        return of_crm or (d.moved is not Moved.CRM and (link.prm.id in self.dirty or unsent))


def _differs(f: FieldDecision) -> bool:
    return f.to_prm or f.to_crm or (f.take is Take.HOLD and bool(f.kind))


def _plain(value: Any) -> Any:
    return None if value is MISSING else value


def _finding(
    kind: Kind, mapping: EntityMapping, record: Record, note: str, fields: tuple[Difference, ...] = (), prm_id: str = "",
    revision: int | None = None,
) -> Finding:  # fmt: skip
    here = (mapping.connection, mapping.object, mapping.entity)
    return Finding(kind, *here, record.ref.id, prm_id, note, fields, record, revision)
