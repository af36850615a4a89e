"""Transforms of values out of a list: a choice, several of them, a currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from centri import values
from centri.anomalies import Untranslatable
from centri.mappings.choices import ValueMap, key
from centri.mappings.names import Names
from centri.mappings.transform import Beside, Transform, text
from centri.mappings.words import near


class _Listed(Transform):
    """A transform that looks values up in one of the maps under ``choices:``."""

    short: ClassVar[str] = "map"
    map: ValueMap | None = Field(
        default=None,
        description="The name of a map under `choices:` in which each is looked up.",
        json_schema_extra={"type": "string"},
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any, info: ValidationInfo) -> Any:
        choices = Names.of(info).choices
        name = given.get("map") if isinstance(given, Mapping) else None
        if isinstance(name, str):
            if name not in choices:
                raise ValueError(f"no value map is called {name!r} under 'choices'{near(name, choices)}")
            return {**given, "map": choices[name]}
        return given


class Choice(_Listed):
    """A value looked up in one of the maps under ``choices:``; one that is not listed is set aside.

    >>> Choice(map=ValueMap(inward={"Dead": "disqualified"})).outward("disqualified", ALONE)
    'Dead'
    """

    blanks: ClassVar[bool] = True
    map: ValueMap = Field(description="The name of a map under `choices:`.", json_schema_extra={"type": "string"})

    def inward(self, value: Any, beside: Beside) -> Any:
        return self.map.to_prm(value)

    def outward(self, value: Any, beside: Beside) -> Any:
        return self.map.to_crm(value)


class List(_Listed):
    """Several choices as a list, each once and in one order, so that two equal sets are equal; a single value is a list of one.

    >>> List().inward(["security", "backup", "security"], ALONE), List().inward("backup", ALONE), List().inward([], ALONE)
    (['backup', 'security'], ['backup'], None)
    >>> List(separator=";").inward("security; backup", ALONE), List(separator=";").outward(["backup", "security"], ALONE)
    (['backup', 'security'], 'backup;security')
    >>> List(map=ValueMap(inward={"Data Protection": "backup"})).outward(["backup"], ALONE)
    ['Data Protection']
    """

    separator: str = Field(default="", description="What stands between the choices, where the CRM keeps them in one text: `;`.")

    def inward(self, value: Any, beside: Beside) -> Any:
        if self.separator and isinstance(value, str):
            value = value.split(self.separator)
        return self._each(value, self.map.to_prm if self.map else text)

    def outward(self, value: Any, beside: Beside) -> Any:
        told = self._each(value, self.map.to_crm if self.map else text)
        if not self.separator or told is None:
            return told
        if unclear := next((choice for choice in told if self.separator in choice), None):
            raise ValueError(f"{unclear!r} holds {self.separator!r}, which separates choices")
        return self.separator.join(told)

    def _each(self, value: Any, meaning: Callable[[Any], Any]) -> list[str] | None:
        found = [meaning(text(member)) for member in (value if isinstance(value, list) else [value])]
        return values.choices(text(member) for member in found if member is not None) or None


class Currency(_Listed):
    """A currency by its ISO 4217 code; with a map, the CRM's own ids are looked up first. One that nobody knows is set aside.

    >>> Currency().inward("eur", ALONE), Currency(map=ValueMap(inward={"-99": "USD"})).inward("-99", ALONE)
    ('EUR', 'USD')
    >>> Currency().outward("XYZ", ALONE)
    Traceback (most recent call last):
    centri.anomalies.Untranslatable: 'XYZ' is no currency code of ISO 4217
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        found = self.map.inward.get(key(value)) if self.map else None
        return _currency(value if found is None else found)

    def outward(self, value: Any, beside: Beside) -> Any:
        code = _currency(value)
        told = (self.map.told or {}) if self.map else {code: code}
        if code not in told:
            raise Untranslatable("currency_unknown", f"{code} has no id of the CRM's in the value map")
        return told[code]


def _currency(value: Any) -> str:
    try:
        return values.currency(text(value))
    except ValueError as error:
        raise Untranslatable("currency_unknown", str(error)) from error
