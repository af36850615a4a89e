"""What a CRM is told of a record whose row went into another one, and told back when that is undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from centri.anomalies import Untranslatable
from centri.engine.items import Item
from centri.mappings.merging import CrmLoser
from centri.records import MISSING, same
from centri.store import prm
from centri.sync.link import Link, agreed, recall
from centri.sync.merge import Direction, FieldDecision
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision
from centri.sync.references import References

_TOLD = "$merged "
"""Begins the names under which a link remembers, by CRM field, into whom it was told that the row went, and what stood there."""


def merged(item: Item, refs: References) -> Decision | None:
    """The decision on a pair whose row went into another: nothing flows, but its CRM record is closed once; else None.

    What people change of that record is noted, so that it is news once the merge is undone.
    """
    into = prm.master(item.prm)
    if into is None or item.link is None or item.crm is None:
        return None
    because = f"merged into {item.mapping.entity} {into}"
    told = () if item.crm.deleted else tuple(_closing(item, into, refs, because))
    names = {field.crm_field for field in told}
    noted = tuple(_noted(item, because, names)) if item.staged and not item.crm.deleted else ()
    return Decision(Action.UPDATE if told else Action.NOTHING, because, item.crm, item.prm, item.link, (*told, *noted))


def reopened(item: Item, decision: Decision) -> Decision:
    """The decision, and with it what the CRM's record held before it was closed, where its row stands for itself again.

    A field that somebody changed since stays.
    """
    link = decision.link or item.link
    if link is None or item.crm is None or item.crm.deleted or decision.action not in (Action.UPDATE, Action.NOTHING):
        return decision
    back = tuple(_reopening(link, item.crm.values))
    if not back:
        return decision
    names = {field.crm_field for field in back}
    others = tuple(replace(f, told={}, take=Take.NONE) if f.to_crm and names & f.told.keys() else f for f in decision.fields)
    return replace(decision, action=Action.UPDATE, link=link, fields=(*others, *back))


def _closing(item: Item, into: str, refs: References, because: str) -> Iterator[FieldDecision]:
    """What the CRM's record is to be told and was not yet."""
    assert item.link is not None
    assert item.crm is not None
    for name, value in _closed_by(item, into, refs).items():
        remembered = item.link.prm_seen.get(_TOLD + name) or {}
        if remembered.get("into") == into:
            continue
        now = item.crm.values.get(name)
        before = remembered["before"] if remembered.get("into") else now
        yield _telling(name, now, {"into": into, "before": before}, value, because)


def _closed_by(item: Item, into: str, refs: References) -> Mapping[str, Any]:
    how = item.mapping.on_merge
    if how.then is CrmLoser.KEEP:
        return {}
    told = dict(how.set) or _by_state(item, refs)
    return told | ({how.pointer: refs.outward(item.mapping.entity, into)} if how.pointer else {})


def _by_state(item: Item, refs: References) -> dict[str, Any]:
    """What the mapping makes of a merged lead's state."""
    rule = item.mapping.fields.get("state") if item.mapping.entity == "lead" else None
    if rule is None or rule.direction not in (Direction.OUT, Direction.BOTH) or item.prm is None:
        return {}
    try:
        return dict(rule.outward(item.prm.values, refs))
    except Untranslatable:
        return {}


def _reopening(link: Link, now: Mapping[str, Any]) -> Iterator[FieldDecision]:
    for name, remembered in link.prm_seen.items():
        if name.startswith(_TOLD) and remembered.get("into"):
            field = name.removeprefix(_TOLD)
            ours = agreed(link.crm_seen.get(field, MISSING))
            if same(now.get(field, MISSING), ours):
                because = "it is no duplicate any more"
                yield _telling(field, now.get(field), {"into": None, "before": None}, remembered["before"], because)


def _telling(name: str, now: Any, remembered: Mapping[str, Any], value: Any, because: str) -> FieldDecision:
    return FieldDecision(_TOLD + name, name, Take.PRM, now, remembered, because, told={name: value})


def _noted(item: Item, because: str, but: set[str]) -> Iterator[FieldDecision]:
    """What the CRM's record holds that it did not hold when it was last heard of."""
    assert item.link is not None
    assert item.crm is not None
    known = recall(item.link.crm_seen)
    for rule in item.mapping.rules:
        now = item.crm.values.get(rule.crm, MISSING)
        if rule.crm not in but and now is not MISSING and not same(now, known.get(rule.crm, MISSING)):
            yield FieldDecision(rule.prm, rule.crm, Take.HOLD, now, item.prm.values.get(rule.prm) if item.prm else None, because)
