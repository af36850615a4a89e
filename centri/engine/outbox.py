"""What a decision has to tell the CRM, as a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from centri.engine.items import Item
from centri.records import MISSING, same
from centri.store.deliveries import Queued
from centri.sync.link import LinkState
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision

_TELLING = (Action.CREATE_IN_CRM, Action.ADOPT, Action.UPDATE, Action.CREATE_IN_PRM, Action.NOTHING)


def delivery_of(item: Item, decision: Decision, prm_id: str) -> Queued | None:
    """The CRM write that a decision on a pair asks for; None where the CRM has nothing to learn."""
    if decision.action not in _TELLING or decision.withheld:
        return None
    mapping = item.mapping
    told = {name: value for f in decision.to_crm for name, value in f.told.items()}
    creating = decision.action is Action.CREATE_IN_CRM
    unread = decision.action is Action.ADOPT and item.staged is None
    if creating or unread:
        told = {name: value for name, value in told.items() if value is not None}
    told |= _our_id(item, prm_id, told, creating=creating)
    if not told:
        return None
    claimed = [f for f in decision.fields if f.take is not Take.HOLD] if creating else decision.to_crm
    sent = {f.field: _plain(f.sent) for f in claimed}
    held = item.crm.values if item.crm else {}
    seen = {name: held[name] for name in told if name in held}
    link = decision.link or item.link
    return Queued(
        str(uuid4()),
        mapping.connection,
        mapping.object,
        mapping.entity,
        prm_id,
        link.role if link else item.role,
        item.crm.ref.id if item.crm else None,
        told,
        sent,
        seen,
        item.crm.version if item.crm else "",
        (mapping.key.crm, prm_id) if creating and mapping.key else None,
    )


def alike(new: Queued, refused: Queued) -> bool:
    """Whether a delivery is the one that the CRM refused: the same values, told to the same record in the same state.

    Any change of the CRM's record counts as another state: it may be what the CRM's rule asked for.
    """
    there = (new.crm_id, new.expected) == (refused.crm_id, refused.expected)
    return there and _equal(new.values, refused.values) and _equal(new.seen, refused.seen)


def _equal(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return a.keys() == b.keys() and all(same(value, b[name]) for name, value in a.items())


def _our_id(item: Item, prm_id: str, told: Mapping[str, Any], *, creating: bool) -> dict[str, str]:
    """Our id, where the mapping wants it in the CRM: with a newborn, on its own (``always``) or along with another write."""
    key = item.mapping.key
    if creating:
        return {key.crm: prm_id} if key and told else {}
    closed = item.link and (item.link.converted or item.link.state is LinkState.UNLINKED)
    if key is None or not prm_id or item.crm is None or item.crm.deleted or closed:
        return {}
    if item.crm.values.get(key.crm) == prm_id or not (key.write == "always" or (key.write == "along" and told)):
        return {}
    return {key.crm: prm_id}


def _plain(value: Any) -> Any:
    return None if value is MISSING else value
