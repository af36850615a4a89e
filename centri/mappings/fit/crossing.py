"""Sample values sent through a rule, one way or the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from centri.anomalies import Untranslatable
from centri.mappings.rules import FieldRule
from centri.records import MISSING
from centri.sync.references import References

NOBODY = References()


@dataclass(frozen=True, slots=True)
class Crossing:
    """``taken`` pairs each value with what it became, ``refused`` with why it could not; one that says nothing is in neither."""

    taken: list[tuple[Any, Any]] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)


def alone(rule: FieldRule) -> bool:
    """Whether one CRM field and one PRM field say all: neither is told in parts, and nobody's id is looked up."""
    parted = any(getattr(t, "prm_parts", ()) or getattr(t, "crm_parts", ()) for t in rule.transform)
    return not (rule.references or parted)


def inward(rule: FieldRule, values: Iterable[Any]) -> Crossing:
    """What the PRM makes of CRM values."""
    found = Crossing()
    for value in values:
        try:
            became = rule.inward({rule.crm: value}, NOBODY)
        except Untranslatable as finding:
            found.refused.append((value, finding.note))
        else:
            if became is not MISSING and became is not None:
                found.taken.append((value, became))
    return found


def outward(rule: FieldRule, values: Iterable[Any]) -> Crossing:
    """What the CRM is told of PRM values."""
    found = Crossing()
    for value in values:
        try:
            told = rule.outward({rule.prm: value}, NOBODY).get(rule.crm, MISSING)
        except Untranslatable as finding:
            found.refused.append((value, finding.note))
        else:
            if told is not MISSING and told is not None:
                found.taken.append((value, told))
    return found
