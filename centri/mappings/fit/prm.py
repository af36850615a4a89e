"""The PRM's fields and their types, as the store has them: a table in a file, so that a check needs no database library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

FILE = Path(__file__).with_name("prm_fields.json")
"""Written by `centri schema --write`."""


@dataclass(frozen=True, slots=True)
class PrmField:
    """``type`` is one of the words that CRM fields are described with, ``references`` the entities that it may name.

    ``like`` is the field of another entity whose value it is: (entity, field).
    """

    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    like: tuple[str, str] | None = None


PrmFields = Mapping[str, Mapping[str, PrmField]]


@cache
def prm_fields() -> PrmFields:
    """Every field that a mapping may name, by entity."""
    told = orjson.loads(FILE.read_bytes())
    return {entity: {name: _field(field) for name, field in fields.items()} for entity, fields in told.items()}


def _field(told: Mapping[str, Any]) -> PrmField:
    words: dict[str, Any] = {word: tuple(value) if isinstance(value, list) else value for word, value in told.items()}
    return PrmField(**words)
