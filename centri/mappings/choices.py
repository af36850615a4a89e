"""Value maps: what a CRM's picklist value is called in the PRM, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from centri.anomalies import Untranslatable
from centri.mappings.words import Model


def _scalar(value: Any) -> Any:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise ValueError("it must be a single value: text, a number, true, false or blank")
    return value


Scalar = Annotated[
    str | int | float | bool | None,
    PlainValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]

BLANK = ""
"""The key that stands for a blank value."""


def key(value: Any) -> str:
    """How a value is written as a key of a value map."""
    if value is None:
        return BLANK
    return str(value).lower() if isinstance(value, bool) else str(value)


class ValueMap(Model):
    """``inward`` from the CRM's values to the PRM's, ``outward`` back; a blank is written as "".

    Without ``outward`` the inverse of ``inward`` is taken, where no two CRM values mean the same. A blank that neither map
    names stays blank. ``otherwise`` is the PRM value of every CRM value that ``inward`` does not name.
    """

    inward: Mapping[str, Scalar] = Field(default_factory=dict, description="CRM value: PRM value.")
    outward: Mapping[str, Scalar] | None = Field(default=None, description="PRM value: CRM value.")
    otherwise: Scalar = Field(default=None, description="The PRM value of every CRM value that is not listed.")
    file: str | None = Field(
        default=None, description="A CSV file with the map, in place of `inward`; its place is told from here."
    )
    crm: str | None = Field(default=None, description="The column of `file` that holds the CRM's values.")
    prm: str | None = Field(default=None, description="The column of `file` that holds what each means in the PRM.")

    @model_validator(mode="after")
    def _of_a_file(self) -> ValueMap:
        if not self.file and (self.crm or self.prm):
            raise ValueError(f"{'crm' if self.crm else 'prm'!r} names a column of a 'file', which is missing")
        return self

    @cached_property
    def told(self) -> Mapping[str, Any] | None:
        """The outward map, given or derived; None where the inverse is ambiguous."""
        if self.outward is not None:
            return self.outward
        return None if self.ambiguous else {key(prm): crm or None for crm, prm in self.inward.items() if prm is not None}

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """CRM values that share a PRM value, so that ``inward`` has no inverse."""
        meant: dict[str, list[str]] = {}
        for crm, prm in self.inward.items():
            if prm is not None:
                meant.setdefault(key(prm), []).append(crm)
        return next((tuple(many) for many in meant.values() if len(many) > 1), ())

    def to_prm(self, value: Any) -> Any:
        """Raises Untranslatable for a value that is not listed."""
        written = key(value)
        if written in self.inward:
            return self.inward[written]
        if value is None or self.otherwise is not None:
            return None if value is None else self.otherwise
        raise Untranslatable("picklist_value", f"{value!r} is not in the value map{_listed(self.inward)}")

    def to_crm(self, value: Any) -> Any:
        """Raises Untranslatable for a value that is not listed."""
        written, told = key(value), self.told or {}
        if written in told:
            return told[written]
        if value is None:
            return None
        raise Untranslatable("picklist_value", f"{value!r} is not in the value map{_listed(told)}")


def _listed(values: Iterable[str]) -> str:
    return f", which has {', '.join(v for v in values if v)}"
