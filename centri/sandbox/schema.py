"""What an object of a sandbox's CRM looks like: its fields, their types, lengths and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Field:
    """One field as the CRM knows it. ``type`` is the CRM's own word for it (``string``, ``picklist``, ``relate``, ...).

    ``length`` is in characters, 0 where it does not apply. ``required`` means: a create without it (and without a
    default) is refused. ``restricted``: only ``choices`` are taken. ``keyed``: the table keeps a look-up by this field
    (unique and external ids, and the references that a cascade follows). ``extra`` is for what one CRM alone knows.
    """

    name: str
    type: str = "string"
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True
    restricted: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None
    external_id: bool = False
    unique: bool = False
    keyed: bool = False
    custom: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    compound: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Schema:
    """One object (Sugar: module): its name, labels and fields; field names are found in any case."""

    name: str
    label: str
    plural: str
    prefix: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    _folded: dict[str, Field] = field(default_factory=dict, repr=False)

    def add(self, *fields: Field) -> None:
        """Add or replace fields."""
        for one in fields:
            self.fields[one.name] = one
            self._folded[one.name.casefold()] = one

    def replace(self, fields: Iterable[Field]) -> None:
        """Have these fields and no others."""
        new = [*fields]
        self.fields.clear()
        self._folded.clear()
        self.add(*new)

    def remove(self, name: str) -> None:
        """Forget a field, as an administrator who deletes it; stored values stay where they are."""
        gone = self._folded.pop(name.casefold())
        del self.fields[gone.name]

    def field(self, name: str) -> Field | None:
        """The field of this name in any case, or None."""
        return self.fields.get(name) or self._folded.get(name.casefold())

    def keyed(self) -> Iterable[str]:
        """Names of the fields that the table keeps a look-up for."""
        return [one.name for one in self.fields.values() if one.keyed or one.unique or one.external_id]
