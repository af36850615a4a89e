"""What a link remembers once a decision is applied: for each side, its own values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from centri.records import MISSING, Record, Ref
from centri.sync.link import Link, Role
from centri.sync.merge import FieldDecision
from centri.sync.policies import Take

_UNDECIDED = "$undecided"


def undecided(value: Any) -> dict[str, Any]:
    """What a new link remembers of a value that is not agreed yet: it equals no value, so the side counts as changed."""
    return {_UNDECIDED: _known(value)}


def recall(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a side held when it was last heard of, agreed or not."""
    return {name: v[_UNDECIDED] if isinstance(v, dict) and _UNDECIDED in v else v for name, v in seen.items()}


def remember(link: Link, fields: Sequence[FieldDecision], crm: Record | None) -> Link:
    """An existing link after a decision: only what was agreed moves. What the CRM is to be told waits for its receipt."""
    crm_seen, prm_seen = dict(link.crm_seen), dict(link.prm_seen)
    for field in fields:
        if field.take in (Take.CRM, Take.EITHER):
            _agree(field, crm_seen, prm_seen)
    return _at_version(replace(link, crm_seen=crm_seen, prm_seen=prm_seen), crm)


def first_memory(crm: Ref, prm: Ref, role: Role, fields: Sequence[FieldDecision], record: Record | None) -> Link:
    """A new link. Every mapped field is remembered in some way, so that none counts as newly mapped later."""
    crm_seen: dict[str, Any] = {}
    prm_seen: dict[str, Any] = {}
    for field in fields:
        _agree(field, crm_seen, prm_seen)
        if field.take is Take.PRM:
            prm_seen[field.field] = undecided(field.prm)
        if field.take is Take.HOLD:
            crm_seen[field.crm_field] = undecided(field.crm)
        if field.take is Take.HOLD and field.kind == "conflict_open":
            prm_seen[field.field] = undecided(field.prm)
    return _at_version(Link(crm, prm, role, crm_seen=crm_seen, prm_seen=prm_seen), record)


def received(link: Link, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Link:
    """The link after a receipt: the CRM's side moves to what it now holds of the fields sent, the PRM's to what was sent."""
    return replace(link, crm_seen={**link.crm_seen, **stored}, prm_seen={**link.prm_seen, **sent})


def _agree(field: FieldDecision, crm_seen: dict[str, Any], prm_seen: dict[str, Any]) -> None:
    crm_seen[field.crm_field] = _known(field.crm)
    prm_seen[field.field] = _known(field.value if field.take is Take.CRM else field.prm)


def _known(value: Any) -> Any:
    return None if value is MISSING else value


def _at_version(link: Link, crm: Record | None) -> Link:
    return replace(link, crm_version=crm.version, crm_changed_at=crm.changed_at) if crm and crm.version else link
