"""One mapping against its object: what is there, what our user may, what a new record needs, and each field in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from centri.anomalies import Severity
from centri.descriptions import Description, Field
from centri.mappings.fit.faults import Fault, place
from centri.mappings.fit.lengths import Feeders, lengths
from centri.mappings.fit.prm import PrmField
from centri.mappings.fit.references import Objects, references
from centri.mappings.fit.round_trip import round_trip
from centri.mappings.fit.types import types
from centri.mappings.preflight import preflight
from centri.mappings.schema import EntityMapping, Entry
from centri.mappings.source import Place
from centri.mappings.words import near
from centri.sync.merge import Direction


@dataclass(frozen=True, slots=True)
class Around:
    """What a mapping must know of the others: ``keyed`` whether the CRM tells which fields are unique."""

    feeders: Feeders = field(default_factory=dict)
    objects: Objects = field(default_factory=dict)
    keyed: bool = False


_CURES: Mapping[str, tuple[str, str]] = {
    "schema_drift": ("field", "correct the name, or add the field to the CRM"),
    "permission": ("permission", "give our user the right in the CRM, or let the field flow the other way only"),
    "too_long": ("length", "let no more through than the CRM takes"),
    "picklist_value": ("picklist", "add it to the value map, or correct it there"),
    "missing_required": ("required", "map a PRM field to it, or one of 'direction: out' with a 'constant'"),
}
"""Kind of anomaly: the rule that finds it before it happens, and what to do."""


def faults(mapping: EntityMapping, described: Description, prm: Mapping[str, PrmField], around: Around) -> Iterator[Fault]:
    """Everything that is wrong with one mapping. Fields that are absent are not looked at any further."""
    for found in preflight(mapping, described):
        broken, remedy = _CURES[found.kind]
        yield Fault(broken, _at(mapping, found.field, found.ref.id), found.note, remedy, Severity.ERROR)
    yield from _unfed(mapping, prm)
    yield from _filter(mapping, described)
    yield from _key(mapping, described, around)
    for rule in mapping.rules:
        fact: Field | None = described.fields.get(rule.crm)
        if fact is not None and rule.prm in prm:
            yield from references(mapping, rule, fact, prm[rule.prm], around.objects)
            yield from types(mapping, rule, fact, prm[rule.prm])
            yield from lengths(mapping, rule, fact, prm[rule.prm], around.feeders)
            yield from round_trip(mapping, rule, fact)


def _at(mapping: EntityMapping, prm: str, crm: str) -> Place:
    """Where a preflight's finding stands in the file."""
    if prm:
        inside = ("crm",) if mapping.fields[prm].crm == crm else ("type_field",) if mapping.fields[prm].type_field == crm else ()
        return place(mapping, "fields", prm, *inside)
    if mapping.key and mapping.key.crm == crm:
        return place(mapping, "key")
    return place(mapping, "where", crm) if crm in mapping.where.fields else place(mapping, "fields")


def _unfed(mapping: EntityMapping, prm: Mapping[str, PrmField]) -> Iterator[Fault]:
    """PRM fields without which no row can be made of a CRM record."""
    if mapping.is_push_lead or mapping.enter is not Entry.ALWAYS:
        return
    fed = {rule.prm for rule in mapping.rules if rule.flows(Direction.IN, creating=True)}
    for name, known in prm.items():
        if known.required and name not in fed:
            message = f"{mapping.entity}.{name} is required in the PRM, and nothing feeds it when a record enters"
            yield Fault("required", place(mapping, "fields"), message, f"map a field of {mapping.object} to {name}")


def _filter(mapping: EntityMapping, described: Description) -> Iterator[Fault]:
    """A filter names values that the CRM's list has; with another it would let nothing in."""
    for condition in mapping.where.conditions:
        fact: Field | None = described.fields.get(condition.field)
        if fact is None or not fact.choices:
            continue
        for value in condition.values:
            if isinstance(value, str) and value and value not in fact.choices:
                message = f"{mapping.object}.{condition.field} is never {value!r}{near(value, fact.choices)}"
                yield Fault("picklist", place(mapping, "where", condition.field), message, "name a value of the CRM's list")


def _key(mapping: EntityMapping, described: Description, around: Around) -> Iterator[Fault]:
    """The field of our id is one that the CRM keeps unique, where it says such a thing."""
    fact = described.fields.get(mapping.key.crm) if mapping.key else None
    if fact is None or mapping.key is None:
        return
    at, name = place(mapping, "key"), f"{mapping.object}.{mapping.key.crm}"
    if fact.type not in ("text", "id"):
        yield Fault("key", at, f"{name} is of type {fact.type}, and our id is a text", "name a text field", Severity.ERROR)
    elif 0 < fact.length < ID_LENGTH:
        message = f"{name} takes {fact.length} characters, and our id has {ID_LENGTH}"
        yield Fault("key", at, message, f"make it a text of {ID_LENGTH} characters", Severity.ERROR)
    elif around.keyed and not fact.external_key and not mapping.is_push_lead:
        message = f"{name} is no external id: two records could carry the same id of ours"
        yield Fault("key", at, message, "make it a unique external id in the CRM, or name the field that is one")


ID_LENGTH = 36
"""Characters of an id of ours."""
