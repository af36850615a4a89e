"""Which CRM records may enter: conditions as data, so that a connector can push them down and the engine can check them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from centri.records import MISSING, same


@dataclass(frozen=True, slots=True)
class Condition:
    """A field is one of ``values`` (or, ``negated``, none of them)."""

    field: str
    values: tuple[Any, ...]
    negated: bool = False

    def holds(self, values: Mapping[str, Any]) -> bool:
        found = values.get(self.field, MISSING)
        return any(same(found, v) for v in self.values) != self.negated


class OnLeave(StrEnum):
    """What it means for a lead that a partner has, or was offered, when the CRM's record no longer meets the filter."""

    KEEP = "keep"
    """The partner keeps it."""
    WITHDRAW = "withdraw"
    """It is taken back, and nobody is offered it until its record meets the filter again."""


@dataclass(frozen=True, slots=True)
class Filter:
    """All conditions hold. Without conditions everything passes."""

    conditions: tuple[Condition, ...] = ()

    def passes(self, values: Mapping[str, Any]) -> bool:
        return all(c.holds(values) for c in self.conditions)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(c.field for c in self.conditions)
