"""Whether texts that go out fit the CRM's fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from centri.anomalies import Severity
from centri.descriptions import Field
from centri.mappings.fit import samples
from centri.mappings.fit.crossing import alone, inward, outward
from centri.mappings.fit.faults import Fault, place
from centri.mappings.fit.prm import PrmField
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.sync.merge import Direction


@dataclass(frozen=True, slots=True)
class Feeder:
    """A CRM field out of which a PRM field is filled; ``length`` 0 is none."""

    name: str
    length: int


Feeders = Mapping[tuple[str, str], tuple[Feeder, ...]]
"""By entity and PRM field."""


def lengths(mapping: EntityMapping, rule: FieldRule, crm: Field, prm: PrmField, feeders: Feeders) -> Iterator[Fault]:
    """What is known to go out fits, and a text is no longer than the CRMs and people let it become."""
    if crm.type != "text" or not crm.length or not alone(rule) or not rule.flows(Direction.OUT, creating=True):
        return
    at, name = place(mapping, "fields", rule.prm), f"{mapping.object}.{rule.crm}"
    if long := [text for text in _known(rule, prm) if len(text) > crm.length]:
        message = f"{name} takes {crm.length} characters, and {mapping.entity}.{rule.prm} goes out as {long[0]!r}"
        yield Fault("length", at, message, "tell the CRM a shorter text", Severity.ERROR)
    elif prm.type == "text" and _unbounded(rule, crm.length):
        fed = feeders.get(prm.like or (mapping.entity, rule.prm), ())
        longest = next((f for f in fed if not f.length), max(fed, key=lambda f: f.length, default=None))
        if longest is None or not longest.length or longest.length > crm.length:
            how = f"as long as {longest.name} lets it be" if longest else "of any length"
            message = f"{name} takes {crm.length} characters, and {mapping.entity}.{rule.prm} may be {how}"
            yield Fault(
                "length", at, message, f"say what becomes of longer ones; set them aside: transform: {{truncate: {crm.length}}}"
            )


def feeder(mapping: EntityMapping, rule: FieldRule, crm: Field) -> Feeder:
    """What one CRM field makes of a PRM field: a transform that refuses any text but its own gives short ones."""
    name = f"{mapping.connection} {mapping.object}.{rule.crm}"
    longest = crm.length or samples.LONGEST
    if crm.type == "text" and alone(rule) and inward(rule, [samples.filled(longest)]).taken:
        return Feeder(name, crm.length)
    return Feeder(name, max((len(str(became)) for _, became in inward(rule, samples.of_crm(rule, crm)).taken), default=1))


def _known(rule: FieldRule, prm: PrmField) -> Iterator[str]:
    """The texts that are sure to go out: what a closed list becomes, the default, the constant."""
    values = [] if prm.type == "text" and not samples.value_map(rule) and rule.constant is None else samples.of_prm(rule, prm)
    yield from (told for _, told in outward(rule, [*values, None]).taken if isinstance(told, str))


def _unbounded(rule: FieldRule, length: int) -> bool:
    """Whether a text that is too long goes out as it is: no transform cuts it, refuses it or reads it as something else."""
    return any(isinstance(told, str) and len(told) > length for _, told in outward(rule, [samples.filled(length + 1)]).taken)
