"""Whether references lead to where the CRM's fields and the PRM's point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from centri.anomalies import Severity
from centri.descriptions import Field
from centri.mappings.fit.faults import Fault, place
from centri.mappings.fit.prm import PrmField
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping

Objects = Mapping[str, frozenset[str]]
"""The CRM objects of a connection that stand for each entity."""


def references(mapping: EntityMapping, rule: FieldRule, crm: Field, prm: PrmField, objects: Objects) -> Iterator[Fault]:
    """The CRM's field and the PRM's name records of what the rule says."""
    name, there = f"{mapping.object}.{rule.crm}", f"{mapping.entity}.{rule.prm}"
    at = place(mapping, "fields", rule.prm)
    if not rule.references:
        if prm.type == "reference" and rule.constant is None:
            entities = ", ".join(prm.references)
            yield Fault(
                "reference", at, f"{there} names a record of {entities}, and the rule looks none up", _say(prm.references)
            )
        return
    at = place(mapping, "fields", rule.prm, "reference")
    if crm.type not in ("reference", "id", "text"):
        yield Fault("reference", at, f"{name} is of type {crm.type}, and holds no id", "map the field that holds the id")
    if prm.type != "reference":
        yield Fault("reference", at, f"{there} is of type {prm.type}, and names no record", "leave out 'reference'")
    for entity in rule.references:
        if prm.references and entity not in prm.references:
            message = f"{there} names a record of {' or '.join(prm.references)}, not of {entity}"
            yield Fault("reference", at, message, _say(prm.references))
        elif crm.references and not objects.get(entity, frozenset()) & set(crm.references):
            mine = " or ".join(sorted(objects.get(entity, ())))
            message = f"{name} refers to {' or '.join(crm.references)}, and {entity} is {mine} here"
            yield Fault("reference", at, message, "map the field that refers to it, or name another entity")
    yield from _type_names(mapping, rule)


def _say(entities: tuple[str, ...]) -> str:
    return f"say reference: {entities[0] if len(entities) == 1 else list(entities)}" if entities else "say what it refers to"


def _type_names(mapping: EntityMapping, rule: FieldRule) -> Iterator[Fault]:
    """Two entities under one name could not be told apart on the way in."""
    named = list(rule.type_names.items())
    for i, (entity, word) in enumerate(named):
        if other := next((e for e, w in named[:i] if w == word), None):
            at = place(mapping, "fields", rule.prm, "type_names", entity)
            yield Fault(
                "reference", at, f"{entity} and {other} are both called {word!r}", "name one object each", Severity.WARNING
            )
