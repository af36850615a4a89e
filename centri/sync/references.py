"""Ids of linked records on either side, looked up for a whole chunk at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from centri.anomalies import Untranslatable

PENDING = "$ref"
"""The key of a CRM value that stands for a parent which has no CRM id yet: ``{"$ref": [entity, prm_id]}``."""


@dataclass(frozen=True, slots=True)
class References:
    """``by_crm``: (entity, CRM id) -> PRM id. ``by_prm``: (entity, PRM id) -> CRM id."""

    by_crm: Mapping[tuple[str, str], str] = field(default_factory=dict)
    by_prm: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def inward(self, entities: Iterable[str], crm_id: str) -> tuple[str, str]:
        """The (entity, PRM id) that a CRM id stands for. Raises Untranslatable where the parent has not arrived."""
        for entity in entities:
            if prm_id := self.by_crm.get((entity, crm_id)):
                return entity, prm_id
        raise Untranslatable("reference_missing", f"{' or '.join(entities)} {crm_id} is not synced yet", waits_for=crm_id)

    def outward(self, entity: str, prm_id: str) -> Any:
        """The CRM id of a PRM record, or a mark that the push resolves once the parent is there."""
        return self.by_prm.get((entity, prm_id)) or {PENDING: [entity, prm_id]}


def pending(value: Any) -> tuple[str, str] | None:
    """The (entity, PRM id) that a CRM value still waits for, if it does."""
    if isinstance(value, dict) and PENDING in value:
        entity, prm_id = value[PENDING]
        return entity, prm_id
    return None
