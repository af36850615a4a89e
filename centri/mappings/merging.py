"""What a CRM is told of a record whose row here went into another one as its duplicate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from centri.mappings.words import Model


class CrmLoser(StrEnum):
    """What becomes of the CRM's record."""

    CLOSE = "close"
    """It is told that it is closed, and as whose duplicate."""
    KEEP = "keep"
    """It is told nothing, and stays as it is."""


class OnMerge(Model):
    """How the CRM's record is closed. Just the word says: close it by the lead's state alone, or keep it."""

    short: ClassVar[str] = "then"

    then: CrmLoser = Field(
        default=CrmLoser.CLOSE, description="What becomes of the CRM's record: close, keep. It is never deleted."
    )
    set: Mapping[str, str | bool | int] = Field(
        default_factory=dict,
        description="CRM field: the value by which it is closed. Without it a lead is closed by what `state` makes of `merged`.",
    )
    pointer: str | None = Field(default=None, min_length=1, description="The CRM field that takes the survivor's id in this CRM.")

    @property
    def fields(self) -> tuple[str, ...]:
        """The CRM's fields that it names."""
        return () if self.then is CrmLoser.KEEP else (*self.set, *([self.pointer] if self.pointer else ()))

    def without(self, gone: Collection[str]) -> OnMerge:
        """The same, but for fields that the CRM does not have, or does not let us write."""
        kept = {name: value for name, value in self.set.items() if name not in gone}
        return self.model_copy(update={"set": kept, "pointer": None if self.pointer in gone else self.pointer}) if gone else self
