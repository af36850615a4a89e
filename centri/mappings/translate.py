"""A whole record through a mapping, in one direction, with what could not be taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from centri.anomalies import Untranslatable
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.records import MISSING
from centri.sync.merge import Direction
from centri.sync.references import References


@dataclass(frozen=True, slots=True)
class Translation:
    """``values`` by field of the other side; ``findings`` by PRM field, where a value could not be taken over."""

    values: Mapping[str, Any] = field(default_factory=dict)
    findings: Mapping[str, Untranslatable] = field(default_factory=dict)


def inward(crm: Mapping[str, Any], mapping: EntityMapping, refs: References | None = None) -> Translation:
    """What a PRM record made of these CRM values holds."""
    return _each(mapping, Direction.IN, lambda rule: {rule.prm: rule.inward(crm, refs or References())})


def outward(prm: Mapping[str, Any], mapping: EntityMapping, refs: References | None = None) -> Translation:
    """What a CRM record made of these PRM values is told."""
    return _each(mapping, Direction.OUT, lambda rule: rule.outward(prm, refs or References()))


def _each(mapping: EntityMapping, way: Direction, translate: Callable[[FieldRule], Mapping[str, Any]]) -> Translation:
    values: dict[str, Any] = {}
    findings: dict[str, Untranslatable] = {}
    for rule in mapping.rules:
        if rule.on_create not in (way, Direction.BOTH):
            continue
        try:
            values |= {name: value for name, value in translate(rule).items() if value is not MISSING}
        except Untranslatable as finding:
            findings[rule.prm] = finding
    return Translation(values, findings)
