"""What applying one decision does, worked out before the transaction begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

from centri.anomalies import Anomaly
from centri.engine import consequences
from centri.engine.conversions import converted_links
from centri.engine.items import Chunk, Item
from centri.engine.outbox import delivery_of
from centri.engine.project import Project
from centri.engine.set_aside import anomalies_of
from centri.engine.undo_deliveries import still_told
from centri.records import MISSING, PRM, Ref
from centri.store import prm
from centri.store.deliveries import Queued
from centri.sync import breaker
from centri.sync.link import Link, LinkState
from centri.sync.memory import first_memory, remember
from centri.sync.merge import FieldDecision
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision


@dataclass(slots=True)
class Effect:
    """A PRM row to write, links to save, a delivery to queue, anomalies to open."""

    item: Item
    decision: Decision
    prm_id: str = ""
    change: prm.Change | None = None
    links: list[Link] = field(default_factory=list)
    delivery: Queued | None = None
    anomalies: list[Anomaly] = field(default_factory=list)


def effect_of(project: Project, item: Item, decision: Decision, chunk: Chunk) -> Effect:
    """The effect of one decision; new PRM rows get their ids here."""
    effect = Effect(item, decision, prm_id=_prm_id(item, decision))
    effect.anomalies.extend(anomalies_of(item, decision))
    if decision.action in (Action.CREATE_IN_PRM, Action.ADOPT, Action.UPDATE, Action.DELETE_IN_PRM):
        effect.change = _change(project, effect, chunk)
    effect.links.extend(_links(effect))
    if item.link and _converts(item.link) and item.crm and item.crm.converted_to:
        more, broken = converted_links(project, item, effect.links[0] if effect.links else item.link)
        effect.links = [*effect.links[1:], *more]
        effect.anomalies.extend(broken)
    link = decision.link or item.link
    undoing = chunk.undoing.get((item.mapping.object, effect.prm_id, link.role)) if link else None
    effect.delivery = still_told(delivery_of(item, decision, effect.prm_id), undoing, item)
    return effect


def _converts(link: Link) -> bool:
    """Whether what the CRM makes of the record is news; of one whose row went into another it is nobody's."""
    return not link.converted and link.state is not LinkState.MERGED


def _prm_id(item: Item, decision: Decision) -> str:
    if item.prm:
        return item.prm.ref.id
    return str(uuid4()) if decision.action is Action.CREATE_IN_PRM else ""


def _change(project: Project, effect: Effect, chunk: Chunk) -> prm.Change | None:
    item, decision = effect.item, effect.decision
    stored = chunk.stored.get(effect.prm_id)
    values = {f.field: f.value for f in decision.to_prm}
    if decision.action is Action.DELETE_IN_PRM:
        values = {"deleted_at": project.now()}
    if decision.action is not Action.CREATE_IN_PRM and not values:
        return None
    values |= consequences.of(item.mapping.entity, values, stored, item.crm, project.now(), project.mapping.dictionaries)
    return prm.Change(effect.prm_id, values, stored, origin=item.mapping.connection)


def _links(effect: Effect) -> Iterator[Link]:
    item, decision = effect.item, effect.decision
    link = decision.link or item.link
    match decision.action:
        case Action.CREATE_IN_PRM | Action.ADOPT:
            assert item.crm is not None
            role = link.role if link else item.role
            fields = (*decision.fields, *_unread(item))
            fresh = first_memory(item.crm.ref, Ref(PRM, item.mapping.entity, effect.prm_id), role, fields, item.crm)
            yield _with_key(item, fresh)
        case Action.UPDATE | Action.NOTHING if link and item.staged:
            yield _with_key(item, _undeleted(item, remember(link, decision.fields, item.crm)))
        case Action.UPDATE if link:
            yield remember(link, decision.fields, None)
        case Action.WAIT if link and decision.kind == breaker.KIND:
            yield link
        case Action.UNLINK if link:
            yield replace(link, state=LinkState.DELETED_REMOTE if _both_gone(item) else LinkState.UNLINKED)
        case Action.DELETE_IN_PRM if link and item.crm:
            yield replace(link, state=LinkState.DELETED_REMOTE, crm_version=item.crm.version)
        case Action.HOLD if link and decision.kind == "deleted_remote":
            yield replace(link, state=LinkState.DELETED_REMOTE)
        case Action.HOLD if link and item.staged:
            yield _undeleted(item, link)
        case _:
            return


def _unread(item: Item) -> Iterator[FieldDecision]:
    """What a new link must remember of fields that are left out: the CRM's value, unknown, counts as changed one day."""
    for rule in item.mapping.left_out:
        row = item.prm.values.get(rule.prm, MISSING) if item.prm else MISSING
        yield FieldDecision(rule.prm, rule.crm, Take.HOLD, MISSING, row, "left out")


def _both_gone(item: Item) -> bool:
    """Such a pair keeps its link: who comes back on either side is still the same."""
    return bool(item.crm and item.crm.deleted and item.prm and item.prm.deleted)


def _undeleted(item: Item, link: Link) -> Link:
    """The link of a record that was deleted in the CRM lives again when the record does."""
    back = link.state is LinkState.DELETED_REMOTE and item.crm is not None and not item.crm.deleted
    return replace(link, state=LinkState.ACTIVE) if back else link


def _with_key(item: Item, link: Link) -> Link:
    """Our id in the CRM is remembered as the CRM holds it."""
    key = item.mapping.key
    if key is None or item.crm is None or key.crm not in item.crm.values:
        return link
    return replace(link, crm_seen={**link.crm_seen, key.crm: item.crm.values[key.crm]})
