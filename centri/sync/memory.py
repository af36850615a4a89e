"""What a link remembers once a decision is applied: for each side, its own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from centri.records import MISSING, Record, Ref, same
from centri.sync.link import Link, Role, agreed, never_agreed, recall, undecided
from centri.sync.merge import Direction, FieldDecision, Rule
from centri.sync.policies import Take


def remember(link: Link, fields: Sequence[FieldDecision], crm: Record | None) -> Link:
    """An existing link after a decision: what was agreed moves, what was seen of the CRM and not taken is noted beside it.

    What the CRM is to be told counts as agreed once its receipt is there.
    """
    crm_seen, prm_seen = dict(link.crm_seen), dict(link.prm_seen)
    for field in fields:
        if field.take in (Take.CRM, Take.EITHER):
            _agree(field, crm_seen, prm_seen)
    for field in fields:
        if field.take is Take.CRM and field.waits_for:  # the blank that stands for it is not what the two agree on
            crm_seen[field.crm_field] = undecided(field.crm)
    for field in fields:  # after the others: a CRM field that several rules share is only agreed where all of them agree
        if field.take in (Take.PRM, Take.MERGED, Take.HOLD):
            seen = link.crm_seen.get(field.crm_field, MISSING)
            before = MISSING if never_agreed(seen) else agreed(seen)
            crm_seen[field.crm_field] = before if same(before, _known(field.crm)) else undecided(field.crm, before)
    return _at_version(replace(link, crm_seen=crm_seen, prm_seen=prm_seen), crm)


def first_memory(crm: Ref, prm: Ref, role: Role, fields: Sequence[FieldDecision], record: Record | None) -> Link:
    """A new link. Every mapped field is remembered in some way, so that none counts as newly mapped later."""
    crm_seen: dict[str, Any] = {}
    prm_seen: dict[str, Any] = {}
    for field in fields:
        _agree(field, crm_seen, prm_seen)
    for field in fields:
        if field.take in (Take.PRM, Take.MERGED):
            prm_seen[field.field] = undecided(field.prm)
        if field.take is Take.HOLD or field.waits_for:
            crm_seen[field.crm_field] = undecided(field.crm)
        if field.take is Take.HOLD and field.kind == "conflict_open":
            prm_seen[field.field] = undecided(field.prm)
    return _at_version(Link(crm, prm, role, crm_seen=crm_seen, prm_seen=prm_seen), record)


def born(crm: Ref, prm: Ref, role: Role, rules: Iterable[Rule]) -> Link:
    """The link of a CRM record that we made: what it was not told is remembered as blank, so that what it fills in is seen."""
    return Link(crm, prm, role, crm_seen={name: None for rule in rules for name in (rule.crm, *rule.crm_parts)})


def received(link: Link, stored: Mapping[str, Any], sent: Mapping[str, Any], rules: Iterable[Rule] = ()) -> Link:
    """The link after a receipt: the CRM's side moves to what it now holds of the fields sent, the PRM's to what was sent.

    What others of the ``rules`` take in of those same fields is not agreed any more: it is looked at when the record comes back.
    """
    prm_seen = {**link.prm_seen, **sent}
    for rule in rules:
        if rule.direction is Direction.IN and not stored.keys().isdisjoint((rule.crm, *rule.crm_parts)):
            prm_seen[rule.prm] = undecided(recall({rule.prm: prm_seen.get(rule.prm)})[rule.prm])
    return replace(link, crm_seen={**link.crm_seen, **stored}, prm_seen=prm_seen)


def _agree(field: FieldDecision, crm_seen: dict[str, Any], prm_seen: dict[str, Any]) -> None:
    crm_seen[field.crm_field] = _known(field.crm)
    crm_seen |= field.crm_parts
    prm_seen[field.field] = _known(field.value if field.take is Take.CRM else field.prm)


def _known(value: Any) -> Any:
    return None if value is MISSING else value


def _at_version(link: Link, crm: Record | None) -> Link:
    return replace(link, crm_version=crm.version, crm_changed_at=crm.changed_at) if crm and crm.version else link
