"""What a decision would change, as plain values that print and compare the same each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from centri.records import MISSING
from centri.sync.merge import FieldDecision
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision
from centri.sync.references import pending

NOW = "(now)"
"""What stands for the time at which it will be done."""

_WAYS = {Take.CRM: "to PRM", Take.PRM: "to CRM", Take.MERGED: "to both", Take.HOLD: "held"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: which ``way`` it goes, what both sides hold, what the PRM gets (``value``) and the CRM is ``told``.

    The way is to PRM, to CRM, to both, held, or missed: it is reported, and the record goes on without.
    """

    field: str
    crm_field: str
    way: str
    crm: Any
    prm: Any
    because: str
    value: Any = None
    told: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What would happen with one pair of records. A row that does not exist yet is named after the CRM record it comes from."""

    connection: str
    object: str
    entity: str
    crm_id: str
    prm_id: str
    action: str
    because: str
    kind: str = ""
    fields: tuple[FieldChange, ...] = ()

    @property
    def held(self) -> bool:
        """Whether something of it is set aside for a person."""
        return bool(self.kind) or any(f.kind for f in self.fields)


@dataclass(frozen=True, slots=True)
class Wording:
    """How values are told whose true form is not known before it is done: ids of ``newborn`` rows, and the time ``now``."""

    newborn: Mapping[str, str] = dataclasses.field(default_factory=dict)
    now: str = ""

    def id(self, prm_id: str) -> str:
        return self.newborn.get(prm_id, prm_id)

    def value(self, value: Any) -> Any:
        if value is MISSING:
            return None
        if parent := pending(value):
            return f"(the {parent[0].replace('_', ' ')} {self.id(parent[1])})"
        if isinstance(value, str):
            if value == self.now:
                return NOW
            entity, slash, prm_id = value.rpartition("/")
            return f"{entity}{slash}{self.newborn[prm_id]}" if prm_id in self.newborn else value
        return value


def change_of(connection: str, object: str, entity: str, decision: Decision, wording: Wording) -> Change | None:
    """The change; None of a decision that changes and holds nothing."""
    fields = tuple(_field(f, wording) for f in decision.fields if _shows(f))
    quiet = decision.action in (Action.NOTHING, Action.UPDATE) or (decision.action is Action.WAIT and not decision.kind)
    if quiet and not fields:
        return None
    crm_id = decision.crm.ref.id if decision.crm else ""
    prm_id = wording.id(decision.prm.ref.id) if decision.prm else ""
    return Change(
        connection, object, entity, crm_id, prm_id, str(decision.action), decision.because, decision.kind,
        () if decision.action is Action.WAIT else fields,
    )  # fmt: skip


def ids_of(decision: Decision, references: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """(entity, id) of the PRM rows that a decision names. ``references`` gives the entities that a field may refer to."""
    if decision.prm:
        yield decision.prm.ref.object, decision.prm.ref.id
    for f in decision.fields:
        for value in (f.value, f.prm):
            if f.field in references and isinstance(value, str) and value:
                entity, _, prm_id = value.rpartition("/")
                yield entity or references[f.field][0], prm_id
        for told in f.told.values():
            if parent := pending(told):
                yield parent


def _shows(f: FieldDecision) -> bool:
    """Whether a person sees a difference: a new record's blank fields are none."""
    blank = (None, MISSING)
    if f.kind or f.take is Take.HOLD:
        return bool(f.kind)
    if f.to_crm:
        return f.crm not in blank or any(v is not None for v in f.told.values())
    return f.to_prm and not (f.prm in blank and f.value in blank)


def _field(f: FieldDecision, wording: Wording) -> FieldChange:
    told = {name: wording.value(value) for name, value in f.told.items()} if f.to_crm else {}
    value = wording.value(f.value) if f.take is not Take.PRM else None
    crm, prm = wording.value(f.crm), wording.value(f.prm)
    way = _WAYS[f.take] if f.to_prm or f.to_crm or f.take is Take.HOLD else "missed"
    return FieldChange(f.field, f.crm_field, way, crm, prm, f.because, value, told, f.kind)
