"""Salesforce's fields: what a describe says of them, and values in the form that its REST API takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from centri.connectors.codec import truth
from centri.descriptions import Field, FieldType
from centri.errors import Rejected

TYPES: Mapping[str, FieldType] = {
    "id": FieldType.ID,
    "reference": FieldType.REFERENCE,
    "boolean": FieldType.BOOLEAN,
    "int": FieldType.INTEGER,
    "double": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "currency": FieldType.MONEY,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "picklist": FieldType.CHOICE,
    "multipicklist": FieldType.CHOICES,
} | dict.fromkeys(("string", "textarea", "email", "phone", "url", "combobox", "encryptedstring", "time"), FieldType.TEXT)
"""Salesforce's type names; addresses, locations, files and whatever is new are ``other``."""

LONG_TEXT = 255
"""Longest text field, in characters, that a SOQL condition may compare; longer ones are not filterable."""


def field(described: Mapping[str, Any]) -> Field:
    """One entry of a describe's ``fields``."""
    createable = bool(described.get("createable"))
    return Field(
        name=described["name"],
        type=TYPES.get(described.get("type", ""), FieldType.OTHER),
        label=described.get("label") or "",
        length=described.get("length") or 0,
        createable=createable,
        updateable=bool(described.get("updateable")),
        required=createable and not described.get("nillable") and not described.get("defaultedOnCreate"),
        choices=tuple(c["value"] for c in described.get("picklistValues") or () if c.get("active", True)),
        restricted=bool(described.get("restrictedPicklist")),
        references=tuple(described.get("referenceTo") or ()),
        external_key=bool(described.get("externalId")),
    )


def encode(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical values as JSON for a write. Raises Rejected for a value that its field's type cannot hold."""
    return {name: _encoded(fields[name], value) for name, value in values.items()}


def _encoded(field: Field, value: Any) -> Any:
    encoder = _ENCODERS.get(field.type)
    if encoder is None or (value is None and field.type is not FieldType.BOOLEAN):
        return value
    try:
        return encoder(value)
    except (ValueError, TypeError, InvalidOperation):
        raise Rejected("type_mismatch", f"{value!r} does not fit {field.name} ({field.type})", fields=[field.name]) from None


def _number(value: Any) -> int | float:
    amount = Decimal(str(value))
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _joined(value: Sequence[str] | str) -> str:
    """Raises ValueError for a choice that Salesforce would take for two."""
    if not isinstance(value, str) and any(";" in choice for choice in value):
        raise ValueError(value)
    return value if isinstance(value, str) else ";".join(value)


_ENCODERS: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.BOOLEAN: lambda v: v is not None and truth(v),  # Salesforce refuses null in a checkbox
    FieldType.INTEGER: lambda v: int(Decimal(str(v))),
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.CHOICES: _joined,
}
