"""What a decision has to tell the CRM, as a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from centri.engine.items import Item
from centri.records import MISSING
from centri.store.deliveries import Queued
from centri.sync.reconcile import Action, Decision

_TELLING = (Action.CREATE_IN_CRM, Action.ADOPT, Action.UPDATE, Action.CREATE_IN_PRM, Action.NOTHING)


def delivery_of(item: Item, decision: Decision, prm_id: str) -> Queued | None:
    """The CRM write that a decision on a pair asks for; None where the CRM has nothing to learn."""
    if decision.action not in _TELLING:
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
    sent = {f.field: _plain(f.sent) for f in (decision.fields if creating else decision.to_crm)}
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


def _our_id(item: Item, prm_id: str, told: Mapping[str, Any], *, creating: bool) -> dict[str, str]:
    """Our id, where the mapping wants it in the CRM: with a newborn, on its own (``always``) or along with another write."""
    key = item.mapping.key
    if creating:
        return {key.crm: prm_id} if key and told else {}
    if key is None or not prm_id or item.crm is None or item.crm.deleted or (item.link and item.link.converted):
        return {}
    if item.crm.values.get(key.crm) == prm_id or not (key.write == "always" or (key.write == "along" and told)):
        return {}
    return {key.crm: prm_id}


def _plain(value: Any) -> Any:
    return None if value is MISSING else value
