"""Conditions as they are written: which CRM records enter, and which PRM records are born in a CRM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from centri.mappings.names import Names
from centri.mappings.words import near
from centri.sync.filters import Condition, Filter

_VALUE = {"type": ["string", "number", "boolean", "null"]}
_VALUES = {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]}
_NOT = {"type": "object", "required": ["not"], "additionalProperties": False, "properties": {"not": _VALUES}}
_FILTER = {"type": "object", "additionalProperties": {"anyOf": [*_VALUES["anyOf"], _NOT]}}

_CONDITIONS = "conditions are a block of fields: {Field: value}, {Field: [values]} or {Field: {not: value}}"


def _filter(given: Any) -> Filter:
    if isinstance(given, Filter):
        return given
    if not isinstance(given, Mapping):
        raise ValueError(_CONDITIONS)  # noqa: TRY004 - pydantic collects ValueErrors
    return Filter(tuple(_condition(name, wanted) for name, wanted in given.items()))


def _condition(name: str, wanted: Any) -> Condition:
    negated = isinstance(wanted, Mapping)
    if negated and list(wanted) != ["not"]:
        raise ValueError(f"the condition on {name!r} is a value, a list of values, or {{not: value}}")
    values = wanted["not"] if negated else wanted
    listed = values if isinstance(values, list) else [values]
    if not listed or not all(v is None or isinstance(v, str | int | float | bool) for v in listed):
        raise ValueError(f"the condition on {name!r} must name at least one value, each text, a number, true, false or blank")
    return Condition(name, tuple(listed), negated)


FilterBlock = Annotated[Filter, PlainValidator(_filter), WithJsonSchema(_FILTER)]


class Birth(StrEnum):
    """Whether a PRM record may be born in a CRM."""

    NEVER = "never"
    NEEDED = "needed"
    """Only as a parent of one that is."""
    ALWAYS = "always"
    WHEN = "when"
    """By itself where conditions hold, and never else."""


@dataclass(frozen=True, slots=True)
class Create:
    """Which PRM records are born in a CRM."""

    mode: Birth = Birth.NEVER
    when: Filter = field(default_factory=Filter)

    @property
    def by_itself(self) -> bool:
        """Whether a record may be born without a child that needs it."""
        return self.mode in (Birth.ALWAYS, Birth.WHEN)

    @property
    def possible(self) -> bool:
        """Whether a record may ever be born there."""
        return self.mode is not Birth.NEVER

    @property
    def when_needed(self) -> bool:
        """Whether a record may be born as the parent of another."""
        return self.mode in (Birth.NEEDED, Birth.ALWAYS)

    def wants(self, values: Mapping[str, Any]) -> bool:
        """Whether a PRM record with these values is born by itself."""
        return self.by_itself and self.when.passes(values)


_WORDS = tuple(mode.value for mode in Birth if mode is not Birth.WHEN)


def _create(given: Any, info: ValidationInfo) -> Create:
    if isinstance(given, Create):
        return given
    if isinstance(given, Mapping) and list(given) == [Birth.WHEN.value]:
        return Create(Birth.WHEN, _of_known_fields(_filter(given["when"]), Names.of(info)))
    if given not in _WORDS:
        raise ValueError(
            f"'create' is never, needed, always or {{when: {{field: value}}}}, not {given!r}{near(str(given), _WORDS)}"
        )
    return Create(Birth(given))


def _of_known_fields(when: Filter, names: Names) -> Filter:
    for name in when.fields:
        if names.prm_fields is not None and name not in names.prm_fields:
            raise ValueError(f"no field {name!r} in the PRM's {names.entity}{near(name, names.prm_fields)}")
    return when


_WHEN = {"type": "object", "required": ["when"], "additionalProperties": False, "properties": {"when": _FILTER}}

CreateBlock = Annotated[Create, PlainValidator(_create), WithJsonSchema({"anyOf": [{"enum": list(_WORDS)}, _WHEN]})]
