"""Whether what comes out of a rule is of the type that the other side takes: sample values say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from centri.descriptions import Field
from centri.mappings.fit import samples
from centri.mappings.fit.crossing import Crossing, alone, inward, outward
from centri.mappings.fit.faults import Fault, listed, place
from centri.mappings.fit.prm import PrmField
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.sync.merge import Direction

Holds = Callable[[Any], bool]


def _decimal(value: Any) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _amount(value: Any) -> bool:
    return _decimal(value) is not None


def _whole(value: Any) -> bool:
    amount = _decimal(value)
    return amount is not None and amount == amount.to_integral_value()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _date(value: Any) -> bool:
    return isinstance(value, str) and _reads(dt.date.fromisoformat, value)


def _moment(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 10 and _reads(dt.datetime.fromisoformat, value)


def _reads(reader: Callable[[str], Any], value: str) -> bool:
    try:
        reader(value)
    except ValueError:
        return False
    return True


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


_CRM: Mapping[str, Holds] = {
    **dict.fromkeys(("text", "choice", "id", "reference"), _text),
    "boolean": lambda v: isinstance(v, bool) or v in ("true", "false", "1", "0", 1, 0),
    "integer": _whole,
    "number": _amount,
    "money": _amount,
    "date": _date,
    "datetime": _moment,
    "choices": _texts,
    "emails": lambda v: isinstance(v, list),
}
"""What a field of the CRM takes, by type; of other types nobody knows."""

_PRM: Mapping[str, Holds] = {
    **_CRM,
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": _number,
    "money": lambda v: isinstance(v, str | int) and _amount(v),
}
"""What a field of the PRM takes. An amount must be exact there."""

_WORDS: Mapping[str, str] = {
    **{word: word for word in ("text", "integer", "number", "money", "boolean", "date", "datetime")},
    "choice": "{choice: NAME}, with a map under choices: that says what each value means",
    "choices": "list",
}
"""The transform that gives a type."""

_ANOTHER = "use another transform, or map a field that holds what this one reads"


def types(mapping: EntityMapping, rule: FieldRule, crm: Field, prm: PrmField) -> Iterator[Fault]:
    """What comes in fits the PRM's field, and what goes out the CRM's."""
    if not alone(rule):
        return
    if rule.flows(Direction.IN, creating=True):
        yield from _into_prm(mapping, rule, crm, prm)
    if rule.flows(Direction.OUT, creating=True):
        yield from _into_crm(mapping, rule, crm, prm)


def _into_prm(mapping: EntityMapping, rule: FieldRule, crm: Field, prm: PrmField) -> Iterator[Fault]:
    where, at = f"{mapping.object}.{rule.crm} ({crm.type})", place(mapping, "fields", rule.prm)
    crossed = inward(rule, samples.of_crm(rule, crm))
    there = f"{mapping.entity}.{rule.prm} ({prm.type})"
    if not crossed.taken and crossed.refused:
        yield Fault("type", at, f"{where} does not fit its transform: {_example(crossed)}", _ANOTHER)
    elif wrong := [pair for pair in crossed.taken if not _PRM.get(prm.type, lambda v: True)(pair[1])]:
        yield Fault("type", at, f"{where} comes in as {wrong[0][1]!r}, which {there} does not take", _use(prm))
    elif strange := _strange([value for _, value in crossed.taken], prm.choices):
        comes = f"comes in as {listed(strange)}" if crm.choices or samples.value_map(rule) else "may be any text"
        message = f"{where} {comes}, and {there} takes only {listed(prm.choices, 12)}"
        yield Fault("picklist", at, message, _use(prm))
    elif crm.choices and crossed.refused and not samples.value_map(rule):
        refused = [value for value, _ in crossed.refused]
        yield Fault("picklist", at, f"{where} may hold {listed(refused)}, which its transform refuses", _use(prm))


def _into_crm(mapping: EntityMapping, rule: FieldRule, crm: Field, prm: PrmField) -> Iterator[Fault]:
    where, at = f"{mapping.object}.{rule.crm} ({crm.type})", place(mapping, "fields", rule.prm)
    crossed = outward(rule, [*samples.of_prm(rule, prm), None])
    there = f"{mapping.entity}.{rule.prm} ({prm.type})"
    told = [value for _, value in crossed.taken]
    if not crossed.taken and crossed.refused:
        yield Fault("type", at, f"{there} does not fit its transform: {_example(crossed)}", _ANOTHER)
    elif wrong := [pair for pair in crossed.taken if not _CRM.get(crm.type, lambda v: True)(pair[1])]:
        yield Fault("type", at, f"{there} goes out as {wrong[0][1]!r}, which {where} does not take", _use_out(crm))
    elif prm.choices and (unmeant := [value for value, _ in crossed.refused if value in prm.choices]):
        message = f"{there} may hold {listed(unmeant)}, for which {mapping.object}.{rule.crm} has no value"
        yield Fault("picklist", at, message, "give each a CRM value in the map's 'outward'")
    elif not samples.value_map(rule) and (strange := _strange(_singles(told), crm.choices if crm.restricted else ())):
        goes = f"goes out as {listed(strange)}" if prm.choices else "may be any text"
        message = f"{there} {goes}, and {where} takes only what is in its list"
        yield Fault("picklist", at, message, f"use transform: {_WORDS['choice']}, or add the values in the CRM")


def _example(crossed: Crossing) -> str:
    value, why = crossed.refused[0]
    return why if repr(value) in why else f"{value!r}: {why}"


def _use(prm: PrmField) -> str:
    return f"use transform: {_WORDS[prm.type]}" if prm.type in _WORDS else "map a CRM field of that type"


def _use_out(crm: Field) -> str:
    return f"map a field of type {crm.type}, or use a transform that gives one" if crm.type in _WORDS else "map another CRM field"


def _strange(values: Sequence[Any], choices: Sequence[str]) -> list[Any]:
    return list(dict.fromkeys(v for v in values if isinstance(v, str) and v not in choices)) if choices else []


def _singles(values: Sequence[Any]) -> list[Any]:
    return [each for value in values for each in (value if isinstance(value, list) else [value])]
