"""Ids of linked records on either side, looked up for a whole chunk at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from centri.anomalies import Untranslatable

_REF, _TYPE = "$ref", "$type"


class Standing(NamedTuple):
    """The CRM record that stands for a PRM record, and as what: an opportunity may be there as a lead."""

    crm_id: str
    entity: str


@dataclass(frozen=True, slots=True)
class References:
    """``by_crm``: (entity, CRM id) -> PRM id. ``by_prm``: (entity, PRM id) -> the CRM record that stands for it."""

    by_crm: Mapping[tuple[str, str], str] = field(default_factory=dict)
    by_prm: Mapping[tuple[str, str], Standing] = field(default_factory=dict)

    def inward(self, entities: Iterable[str], crm_id: str) -> tuple[str, str]:
        """The (entity, PRM id) that a CRM id stands for. Raises Untranslatable where the parent has not arrived."""
        for entity in entities:
            if prm_id := self.by_crm.get((entity, crm_id)):
                return entity, prm_id
        raise Untranslatable("reference_missing", f"{' or '.join(entities)} {crm_id} is not synced yet", waits_for=crm_id)

    def outward(self, entity: str, prm_id: str) -> Any:
        """The CRM id of a PRM record, or a mark that the push resolves once the parent is there."""
        return resolve({_REF: [entity, prm_id]}, self.by_prm)

    def outward_type(self, entity: str, prm_id: str, names: Mapping[str, str]) -> Any:
        """The name of what stands for a PRM record in the CRM, by entity, or a mark that the push resolves."""
        return resolve({_TYPE: [entity, prm_id], "names": dict(names)}, self.by_prm)


def pending(value: Any) -> tuple[str, str] | None:
    """The (entity, PRM id) that a CRM value still waits for, if it does."""
    if isinstance(value, dict) and (_REF in value or _TYPE in value):
        entity, prm_id = value.get(_REF) or value[_TYPE]
        return entity, prm_id
    return None


def resolve(value: Any, standing: Mapping[tuple[str, str], Standing]) -> Any:
    """The value without its mark, where the parent it names is in the CRM by now."""
    parent = pending(value)
    if parent is None or (found := standing.get(parent)) is None:
        return value
    return found.crm_id if _REF in value else value["names"].get(found.entity)
