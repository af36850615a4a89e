"""Values that a field may hold, made from its description: the same ones every time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from centri.descriptions import Field
from centri.mappings.choices import ValueMap
from centri.mappings.fit.prm import PrmField
from centri.mappings.rules import FieldRule

TEXTS = (
    "Acme", "Umbrella Health Systems", "Müller & Söhne GmbH", "mia.wong@globex.example", "+49895550101", "+14155550100",
    "https://www.globex.example/about", "globex.example", "Germany", "DE", "South Korea", "Bavaria", "US-CA", "EUR", "250",
    "48000.00", "2.5", "true", "2026-03-02", "2026-03-02T11:00:00Z",
)  # fmt: skip
"""Texts of the kinds that people and CRMs write, in canonical form; a transform refuses those that it is not for."""

LONGEST = 2000
"""A longer text, in characters, is not tried: what fits so far fits further."""

_VALUES: dict[str, tuple[Any, ...]] = {
    "boolean": (True, False),
    "integer": (0, 1, 250, -7),
    "number": (0.0, 2.5, 48000.0),
    "money": ("0.00", "0.50", "48000.00"),
    "date": ("2024-02-29", "2026-03-02"),
    "datetime": ("2024-02-29T23:59:59Z", "2026-03-02T11:00:00Z"),
    "emails": (
        [{"email_address": "mia.wong@globex.example", "primary_address": True, "opt_out": False, "invalid_email": False}],
    ),
    "reference": ("6f1c2a90-0000-4000-8000-000000000001",),
    "id": ("6f1c2a90-0000-4000-8000-000000000001",),
}


def of_crm(rule: FieldRule, field: Field) -> Sequence[Any]:
    """Values that the CRM may send, in the form that a Record holds them."""
    known = tuple(field.choices) or _keys(rule, inward=True)
    if field.type == "choices":
        return [[choice] for choice in known] + ([sorted(known)] if len(known) > 1 else []) or [["Alpha"], ["Alpha", "Beta"]]
    if field.type not in _VALUES or (known and field.type in ("reference", "id")):
        return known or texts(field.length)
    return _VALUES[field.type]


def of_prm(rule: FieldRule, field: PrmField) -> Sequence[Any]:
    """Values that the PRM may hold."""
    known = field.choices or _keys(rule, inward=False)
    if field.type == "choices":
        return [[choice] for choice in known] or [["alpha"], ["alpha", "beta"]]
    return _VALUES[field.type] if field.type in _VALUES else known or texts(0)


def texts(length: int) -> list[str]:
    """Those of the TEXTS that a field of this length takes, and one that fills it; 0 is no length."""
    filling = [filled(length)] if 0 < length <= LONGEST else []
    return [text for text in TEXTS if not length or len(text) <= length] + filling


def filled(length: int) -> str:
    """A text of so many characters."""
    return ("Acme " * (length // 5 + 1))[: length - 1] + "x"


def value_map(rule: FieldRule) -> ValueMap | None:
    """The map in which a rule looks values up, if it does."""
    return next((found for t in rule.transform if isinstance(found := getattr(t, "map", None), ValueMap)), None)


def _keys(rule: FieldRule, *, inward: bool) -> tuple[str, ...]:
    meant = value_map(rule)
    return tuple(word for word in ((meant.inward if inward else meant.told) or {}) if word) if meant else ()
