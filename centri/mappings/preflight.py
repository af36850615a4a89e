"""A mapping against what the CRM says of its objects: faults that would otherwise show record by record."""

from __future__ import annotations

from collections.abc import Iterator

from centri.anomalies import Anomaly
from centri.descriptions import Description, Field
from centri.mappings.choices import ValueMap
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.mappings.transforms.choices import Choice, List
from centri.mappings.transforms.text import Truncate
from centri.mappings.words import near
from centri.records import Ref
from centri.sync.merge import Direction


def preflight(mapping: EntityMapping, description: Description) -> list[Anomaly]:
    """Every fault of a mapping that the CRM's description shows."""
    return [
        Anomaly(
            kind,
            Ref(mapping.connection, mapping.object, name),
            note,
            connection=mapping.connection,
            entity=mapping.entity,
            field=prm,
            stage="preflight",
            mapping_version=mapping.sha,
        )
        for kind, name, prm, note in (
            *_rules(mapping, description),
            *_others(mapping, description),
            *_unfed(mapping, description),
            *_of_merges(mapping, description),
        )
    ]


Finding = tuple[str, str, str, str]
"""Anomaly kind, CRM field, PRM field, note."""


def _rules(mapping: EntityMapping, description: Description) -> Iterator[Finding]:
    for rule in mapping.rules:
        for name in rule.crm_fields:
            field: Field | None = description.fields.get(name)
            if field is None:
                yield "schema_drift", name, rule.prm, _absent(mapping, name, description)
                continue
            for kind, note in (*_access(mapping, rule, name, field), *_fit(rule, name, field)):
                yield kind, name, rule.prm, f"{mapping.object}.{name} {note}"


def _access(mapping: EntityMapping, rule: FieldRule, name: str, field: Field) -> Iterator[tuple[str, str]]:
    if not field.readable:
        yield "permission", "may not be read by our user"
    if name not in rule.crm_targets:
        return
    if rule.flows(Direction.OUT) and not mapping.append_only and not field.updateable:
        yield "permission", "may not be changed by our user; let it flow in only"
    if rule.on_create in (Direction.OUT, Direction.BOTH) and mapping.create.possible and not field.createable:
        yield "permission", "may not be set by our user on a new record"


def _fit(rule: FieldRule, name: str, field: Field) -> Iterator[tuple[str, str]]:
    if name != rule.crm:
        return
    for transform in rule.transform:
        if isinstance(transform, Truncate) and 0 < field.length < transform.length:
            yield "too_long", f"takes {field.length} characters, and the mapping lets {transform.length} through"
        if isinstance(transform, Choice | List) and transform.map and field.choices:
            yield from _totality(rule, transform.map, field)


def _totality(rule: FieldRule, meant: ValueMap, field: Field) -> Iterator[tuple[str, str]]:
    """Every value of the CRM's list has a meaning, and every value that we tell is in the list."""
    if rule.flows(Direction.IN, creating=True) and meant.otherwise is None:
        unknown = [value for value in field.choices if value not in meant.inward]
        if unknown:
            yield "picklist_value", f"may hold {', '.join(map(repr, unknown))}, which the value map does not know"
    if rule.flows(Direction.OUT, creating=True) and field.restricted:
        told = {value for value in (meant.told or {}).values() if isinstance(value, str)}
        if strange := sorted(told - set(field.choices)):
            yield "picklist_value", f"does not take {', '.join(map(repr, strange))}, which the value map tells it"


def _others(mapping: EntityMapping, description: Description) -> Iterator[Finding]:
    """The fields of the filter, and the one that carries our id."""
    for name in (*mapping.where.fields, *([mapping.key.crm] if mapping.key else ())):
        field: Field | None = description.fields.get(name)
        if field is None:
            yield "schema_drift", name, "", _absent(mapping, name, description)
        elif mapping.key and name == mapping.key.crm and not field.createable:
            yield "permission", name, "", f"{mapping.object}.{name} may not be written by our user; it is to carry our id"


def _of_merges(mapping: EntityMapping, description: Description) -> Iterator[Finding]:
    """What the CRM is told of a record that went into another."""
    for name in mapping.on_merge.fields:
        field: Field | None = description.fields.get(name)
        if field is None:
            yield "schema_drift", name, "", _absent(mapping, name, description)
        elif not field.updateable:
            yield "permission", name, "", f"{mapping.object}.{name} may not be changed by our user; on_merge is to write it"
        elif (told := mapping.on_merge.set.get(name)) and field.restricted and str(told) not in field.choices:
            yield "picklist_value", name, "", f"{mapping.object}.{name} does not take {told!r}, which on_merge is to write"


def _unfed(mapping: EntityMapping, description: Description) -> Iterator[Finding]:
    """Required fields that a record born here would lack."""
    if not mapping.create.possible:
        return
    fed = {name for rule in mapping.rules if rule.on_create in (Direction.OUT, Direction.BOTH) for name in rule.crm_targets}
    for name, field in description.fields.items():
        if field.required and field.createable and name not in fed:
            yield "missing_required", name, "", f"{mapping.object}.{name} is required, and nothing feeds it on new records"


def _absent(mapping: EntityMapping, name: str, description: Description) -> str:
    return f"{mapping.object} has no field {name!r}{near(name, description.fields)}"
