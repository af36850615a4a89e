"""A chunk's facts to decisions. No effect happens here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from centri.engine.items import Chunk, Item
from centri.engine.merged_rows import merged, reopened
from centri.engine.outbox import alike, delivery_of
from centri.mappings.schema import EntityMapping, Entry
from centri.partners import lifecycle
from centri.records import IMPORT
from centri.store import prm
from centri.sync import breaker
from centri.sync.link import LinkState, Role
from centri.sync.merge import Direction, FieldDecision, Situation
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision, OnDelete, reconcile
from centri.sync.references import pending

Decided = tuple[Item, Decision]

REFUSED = "the CRM refused this; it is told again once something changes, or by centri anomalies retry"

_LEAD_KEYS = ("last_name", "company", "email", "phone_e164")


def decide(chunk: Chunk) -> list[Decided]:
    """One decision for each item, in order."""
    found = ((item, merged(item, chunk.refs) or reopened(item, _decide(item, chunk))) for item in chunk.items)
    decided = [(item, _paced(item, _checked(item, decision), chunk)) for item, decision in found]
    return [(item, _deferred(decision)) for item, decision in decided] if chunk.first_look else decided


def _deferred(decision: Decision) -> Decision:
    """The decision without complaints about parents that may still come."""
    fields = tuple(replace(f, kind="") if f.waits_for else f for f in decision.fields)
    return replace(decision, fields=fields, kind="" if decision.waits_for else decision.kind)


def demanded(decided: Sequence[Decided], mappings: Mapping[str, EntityMapping]) -> dict[str, set[str]]:
    """The parents, by entity, that records born in this CRM take along, where the mapping lets them."""
    wanted: dict[str, set[str]] = {}
    for item, decision in decided:
        if decision.action not in (Action.CREATE_IN_CRM, Action.ADOPT) or not decision.to_crm or item.prm is None:
            continue
        for entity, prm_id in _parents(item, decision):
            if entity in mappings and mappings[entity].create.when_needed:
                wanted.setdefault(entity, set()).add(prm_id)
    return wanted


def _parents(item: Item, decision: Decision) -> Iterator[tuple[str, str]]:
    assert item.prm is not None
    for column, entity in prm.PARENTS.get(item.mapping.entity, {}).items():
        if prm_id := item.prm.values.get(column):
            yield entity, prm_id
    for field in decision.to_crm:
        for value in field.told.values():
            if waits := pending(value):
                yield waits


def _decide(item: Item, chunk: Chunk) -> Decision:
    mapping, link = item.mapping, item.link
    if item.review:
        return Decision(
            Action.REVIEW, f"may be {mapping.entity} {item.review}: {item.because}", item.crm, None, kind="ambiguous_identity"
        )
    if item.duplicate_of and mapping.connection == IMPORT:
        because = f"looks like {mapping.entity} {item.duplicate_of}, another row of this file: {item.because}"
        return Decision(Action.REVIEW, because, item.crm, None, kind="possible_duplicate")
    if mapping.enter is Entry.MATCHED and link is None and item.prm is None:
        return Decision(Action.NOTHING, f"no {mapping.entity} here is the same", item.crm, None)
    gone = any(side is not None and side.deleted for side in (item.crm, item.prm))
    if link and link.erased:
        return Decision(Action.NOTHING, "the person was erased here", None, None)
    if link and link.state is LinkState.UNLINKED:
        return Decision(Action.NOTHING, "its link was undone, and it has not changed since", item.crm, item.prm, link)
    if mapping.append_only and link and not gone:
        return Decision(Action.NOTHING, "written once, never updated", item.crm, item.prm, link)
    if link and link.state is LinkState.DISCONNECTED and item.staged is None:
        return Decision(Action.NOTHING, "disconnected in the CRM", item.crm, item.prm, link)
    remembered = link if link and (link.crm_seen or link.prm_seen) else None
    if link and remembered is None and item.staged is None:
        return Decision(Action.NOTHING, "the CRM has not been heard of yet", item.crm, item.prm, link)
    decision = reconcile(item.crm, remembered, item.prm, mapping.rules, _situation(item, chunk), on_delete=_on_delete(item))
    return (
        replace(decision, because=item.because)
        if item.because and decision.action in (Action.ADOPT, Action.CREATE_IN_CRM)
        else decision
    )


def _on_delete(item: Item) -> OnDelete:
    """A row that lives although it was deleted with its CRM record was brought back by somebody: it is not deleted again."""
    over = item.link is not None and item.link.state is LinkState.DELETED_REMOTE
    known = item.crm is not None and item.link is not None and item.crm.version == item.link.crm_version
    return OnDelete.HOLD if over and (known or item.staged is None) else item.mapping.on_delete


def _situation(item: Item, chunk: Chunk) -> Situation:
    again = item.staged.again if item.staged else None
    return Situation(
        refs=chunk.refs,
        adopt=item.mapping.adopt,
        disowned=_disowned(item, chunk),
        read_only=bool(item.link and item.link.converted),
        offering=item.mapping.connection == IMPORT,
        backfill=again is not None and not again,
        again=frozenset(again or ()),
    )


def _disowned(item: Item, chunk: Chunk) -> frozenset[str]:
    """The ``in`` fields whose master is another connection: by default the one the record came from."""
    linked = chunk.links.get(item.prm.ref.id, ()) if item.prm else ()
    if item.mapping.connection == IMPORT:
        return frozenset().union(*(chunk.mastered.get(k.crm.system, frozenset()) for k in linked))
    origin = next((k for k in linked if k.role is Role.ORIGIN), linked[0] if linked else None)
    if origin is None:
        return frozenset()
    here = item.mapping.connection
    return frozenset(
        rule.prm for rule in item.mapping.rules if rule.direction is Direction.IN and (rule.master or origin.crm.system) != here
    )


def _paced(item: Item, decision: Decision, chunk: Chunk) -> Decision:
    """The decision, unless it would tell the CRM what it just refused, or what it takes back each time."""
    decision = _withheld(item, decision, chunk)
    link, most = decision.link, item.mapping.breaker
    if link is None or chunk.now is None or decision.action not in (Action.UPDATE, Action.NOTHING):
        return decision
    decision = replace(decision, link=breaker.counted(link, decision.fields, most, chunk.now))
    if not (decision.link and breaker.is_open(decision.link, most) and decision.to_crm):
        return decision
    because = f"the CRM took back what it was told more than {most} times within an hour"
    return replace(decision, action=Action.WAIT, because=because, kind=breaker.KIND)


def _withheld(item: Item, decision: Decision, chunk: Chunk) -> Decision:
    """The decision without what the CRM refused to be told, as long as nothing has changed on either side."""
    if item.prm is None or not chunk.refused:
        return decision
    link, prm_id = decision.link or item.link, item.prm.ref.id
    refused = chunk.refused.get((item.mapping.object, prm_id, link.role if link else item.role))
    new = delivery_of(item, decision, prm_id) if refused else None
    if refused is None or new is None or not alike(new, refused):
        return decision
    silent = tuple(_silenced(f) for f in decision.fields)
    action = Action.NOTHING if decision.action is Action.CREATE_IN_CRM else decision.action
    return replace(decision, action=action, fields=silent, because=decision.because if link else REFUSED, withheld=True)


def _silenced(field: FieldDecision) -> FieldDecision:
    return replace(field, take=Take.NONE, told={}, because=REFUSED) if field.to_crm and not field.to_prm else field


def _checked(item: Item, decision: Decision) -> Decision:
    """The decision, unless it would make a row that cannot be, or a state that cannot follow."""
    if decision.action is Action.CREATE_IN_PRM:
        return _complete(item, decision)
    if decision.action is Action.CREATE_IN_CRM and item.mapping.unfed:
        because = f"{item.mapping.object} requires {', '.join(item.mapping.unfed)} by now, and nothing feeds it"
        return replace(decision, action=Action.WAIT, because=because, kind="missing_required")
    if item.mapping.entity == "lead" and decision.action in (Action.UPDATE, Action.ADOPT):
        return replace(decision, fields=tuple(_legal(item, f) for f in decision.fields))
    return decision


def _complete(item: Item, decision: Decision) -> Decision:
    values = {f.field: f.value for f in decision.to_prm if f.value is not None}
    missing = sorted(prm.required(item.mapping.entity) - set(values))
    if missing:
        return _incomplete(item, decision, missing)
    if item.mapping.entity == "lead" and not any(values.get(name) for name in _LEAD_KEYS):
        return replace(
            decision, action=Action.WAIT, because="it has no name, company, e-mail address or phone number", kind="keyless"
        )
    return decision


def _incomplete(item: Item, decision: Decision, missing: Sequence[str]) -> Decision:
    """A record without what its row needs stays owed; one whose parent is none of our business waits in silence."""
    found = {f.field: f for f in decision.fields}
    for name in missing:
        rule = item.mapping.fields.get(name)
        if name in found and found[name].take is Take.HOLD:
            first = found[name]
            return replace(decision, action=Action.WAIT, because=first.because, kind=first.kind, waits_for=first.waits_for)
        if rule and rule.references and item.crm and (parent := item.crm.values.get(rule.crm)):
            return replace(decision, action=Action.WAIT, because=f"its parent {parent} is not synced", waits_for=parent)
    return replace(decision, action=Action.WAIT, because=f"{', '.join(missing)} is blank", kind="missing_required")


def _legal(item: Item, field: FieldDecision) -> FieldDecision:
    if field.field != "state" or not field.to_prm or item.prm is None:
        return field
    old, new = item.prm.values["state"], field.value
    if lifecycle.reachable(lifecycle.LEAD, old, new):
        return field
    because = f"a lead cannot become {new} after {old}"
    return replace(field, take=Take.HOLD, because=because, kind="illegal_transition")
