"""What a check finds: faults of a mapping, each under a rule that says what is looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from centri.anomalies import Severity
from centri.mappings.schema import EntityMapping
from centri.mappings.source import Place


@dataclass(frozen=True, slots=True)
class Rule:
    """``severity`` is that of its faults, unless one says otherwise."""

    meaning: str
    severity: Severity = Severity.ERROR


RULES: Mapping[str, Rule] = {
    "language": Rule("The file says only what the mapping language knows, and nothing against itself."),
    "unseen": Rule("What the CRM describes could be looked at."),
    "object": Rule("The CRM has the object."),
    "field": Rule("The CRM's object has the field."),
    "permission": Rule("Our user may read, and where values flow out write, the field."),
    "type": Rule("After the transform a value is of the type that the other side takes."),
    "length": Rule("A text is no longer than the CRM's field takes.", Severity.WARNING),
    "picklist": Rule("Every value of a list has a meaning on the other side."),
    "required": Rule("A field that a new record needs is fed."),
    "reference": Rule("A reference names records of the object that the CRM's field refers to."),
    "round-trip": Rule("A value that came in goes back as it was.", Severity.WARNING),
    "key": Rule("No two CRM records can carry the same id of ours.", Severity.WARNING),
    "drift": Rule("The CRM is as it was recorded."),
}
"""Every rule by its id, in the order in which they are documented."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of the file, and what to do about it."""

    rule: str
    place: Place
    message: str
    remedy: str = ""
    severity: Severity | None = None

    @property
    def grade(self) -> Severity:
        return self.severity or RULES[self.rule].severity


def place(mapping: EntityMapping, *inside: str) -> Place:
    """Where something of a mapping stands in the file."""
    return ("entities", mapping.entity, mapping.connection, *(("as_lead",) if mapping.is_push_lead else ()), *inside)


def listed(values: Sequence[object], most: int = 5) -> str:
    """Some values for a message, and how many more there are."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(repr(value) for value in values[:most]) + more
