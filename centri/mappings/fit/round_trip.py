"""Whether what came in from a CRM goes back as it was: sample values of each two-way field make the trip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from centri.anomalies import Severity
from centri.descriptions import Field
from centri.mappings.fit import samples
from centri.mappings.fit.crossing import alone, inward, outward
from centri.mappings.fit.faults import Fault, listed, place
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.records import same
from centri.sync.merge import Direction

Trip = tuple[Any, Any, Any]
"""A CRM value, what it became in the PRM, what went back."""


def round_trip(mapping: EntityMapping, rule: FieldRule, crm: Field) -> Iterator[Fault]:
    """A value of a list comes back as itself; another may come back in canonical form, which means the same and stays."""
    if rule.direction is not Direction.BOTH or not alone(rule):
        return
    at, name = place(mapping, "fields", rule.prm), f"{mapping.object}.{rule.crm}"
    trips, stranded = _trips(rule, samples.of_crm(rule, crm))
    if stranded:
        value, became, why = stranded[0]
        message = f"{name} {_shown(value)} comes in as {_shown(became)}, which does not go back: {why}"
        yield Fault("round-trip", at, message, "let what comes in go out again, or say direction: in")
    changed = [trip for trip in trips if not same(trip[0], trip[2])]
    if _closed(rule, crm):
        yield from _fallen_together(mapping, rule, changed)
    elif lost := [trip for trip in changed if not _settled(rule, trip)]:
        value, became, back = lost[0]
        message = f"{name} {_shown(value)} comes in as {_shown(became)} and goes back as {_shown(back)}, which is something else"
        yield Fault("round-trip", at, message, "let what comes in go out again, or say direction: in", Severity.ERROR)


def _trips(rule: FieldRule, values: Sequence[Any]) -> tuple[list[Trip], list[Trip]]:
    """The trips that were made, and those that ended in the PRM, each with the reason in place of what went back."""
    made: list[Trip] = []
    stranded: list[Trip] = []
    for value, became in inward(rule, values).taken:
        back = outward(rule, [became])
        made += [(value, became, told) for _, told in back.taken]
        stranded += [(value, became, why) for _, why in back.refused]
        if not back.taken and not back.refused:
            made.append((value, became, None))
    return made, stranded


def _closed(rule: FieldRule, crm: Field) -> bool:
    """Whether every value of the field is known."""
    return crm.type in ("choice", "choices", "boolean") and bool(crm.choices or crm.type == "boolean" or samples.value_map(rule))


def _settled(rule: FieldRule, trip: Trip) -> bool:
    """Whether what went back means the same, and goes back as itself from then on."""
    _, became, back = trip
    again = inward(rule, [back]).taken
    return bool(again) and same(again[0][1], became) and [told for _, told in outward(rule, [became]).taken] == [back]


def _fallen_together(mapping: EntityMapping, rule: FieldRule, changed: Sequence[Trip]) -> Iterator[Fault]:
    if not changed:
        return
    value, became, back = changed[0]
    more = f" (and so {listed([v for v, _, _ in changed[1:]])})" if changed[1:] else ""
    message = (
        f"{mapping.object}.{rule.crm} {value!r} comes in as {became!r} and goes back as {back!r}{more}: the two fall together, "
        f"and a change in the PRM there and back makes {value!r} {back!r} in the CRM"
    )
    remedy = "give each a PRM value of its own, or say direction: in"
    yield Fault("round-trip", place(mapping, "fields", rule.prm), message, remedy)


def _shown(value: Any) -> str:
    return f"a text of {len(value)} characters" if isinstance(value, str) and len(value) > 60 else repr(value)
