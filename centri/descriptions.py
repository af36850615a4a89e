"""An object as a CRM describes it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """The kinds of field that matter to a mapping; a CRM's own type names are mapped onto these."""

    ID = "id"
    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    REFERENCE = "reference"
    EMAILS = "emails"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Field:
    """One field as a CRM describes it. ``length`` is in characters, 0 where there is none."""

    name: str
    type: FieldType
    label: str = ""
    length: int = 0
    readable: bool = True
    createable: bool = True
    updateable: bool = True
    required: bool = False
    choices: tuple[str, ...] = ()
    restricted: bool = False
    references: tuple[str, ...] = ()
    external_key: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """An object as the CRM describes it."""

    object: str
    fields: Mapping[str, Field]
