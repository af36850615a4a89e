"""SugarCRM's fields: what the metadata say of them, and values in the form that its REST API takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from centri.connectors.codec import emails, instant, money_text, truth
from centri.descriptions import Field, FieldType
from centri.errors import Rejected

TYPES: Mapping[str, FieldType] = (
    {
        "id": FieldType.REFERENCE,
        "bool": FieldType.BOOLEAN,
        "int": FieldType.INTEGER,
        "currency": FieldType.MONEY,
        "date": FieldType.DATE,
        "datetime": FieldType.DATETIME,
        "datetimecombo": FieldType.DATETIME,
        "enum": FieldType.CHOICE,
        "radioenum": FieldType.CHOICE,
        "parent_type": FieldType.CHOICE,
        "multienum": FieldType.CHOICES,
        "email": FieldType.EMAILS,
        "relate": FieldType.TEXT,
    }
    | dict.fromkeys(("float", "double", "decimal", "decimal2"), FieldType.NUMBER)
    | dict.fromkeys(
        ("name", "varchar", "text", "longtext", "phone", "url", "user_name", "fullname", "encrypt", "username", "char"),
        FieldType.TEXT,
    )
)
"""Sugar's type names; links, teams, tags, files and whatever is new are ``other``."""

_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY)


def fields(described: Mapping[str, Any]) -> dict[str, Field]:
    """A module's ``fields`` out of the metadata, whose own ``_hash`` is no field; links are not values and left out."""
    return {name: _field(name, d) for name, d in described.items() if isinstance(d, Mapping) and d.get("type") != "link"}


def listed(described: Mapping[str, Any]) -> frozenset[str]:
    """The fields whose values stand in a list of the site's."""
    return frozenset(name for name, d in described.items() if isinstance(d, Mapping) and d.get("options"))


def _field(name: str, described: Mapping[str, Any]) -> Field:
    """Choices stay empty: Sugar tells them one field at a time, see :meth:`SugarConnector.describe`."""
    writable = not described.get("readonly") and not described.get("calculated")
    return Field(
        name=name,
        type=_type(name, described),
        label=described.get("vname") or "",
        length=_length(described.get("len")),
        createable=writable,
        updateable=writable and name != "id",
        required=bool(described.get("required")) and name != "id",
        references=(described["module"],) if described.get("module") else (),
        external_key=name == "sync_key",
    )


def _type(name: str, described: Mapping[str, Any]) -> FieldType:
    if name == "id":
        return FieldType.ID
    given = described.get("type", "")
    if given == "relate" and described.get("dbType") == "id":
        return FieldType.REFERENCE
    return TYPES.get(given, FieldType.OTHER)


def _length(given: Any) -> int:
    """Decimals say ``26,6``; only the first number counts characters."""
    digits = str(given or "").partition(",")[0]
    return int(digits) if digits.isdigit() else 0


def encode(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Canonical values as JSON for a write; a blank is the empty text. Raises Rejected for a value its field cannot hold.

    That is also one that is too long, which Sugar would cut without a word.
    """
    for name, value in values.items():
        most = fields[name].length
        if fields[name].type is FieldType.TEXT and most and isinstance(value, str) and len(value.strip()) > most:
            raise Rejected("too_long", f"{name}: {len(value.strip())} characters, and Sugar keeps {most}", fields=[name])
    return {name: _encoded(fields[name], value) for name, value in values.items()}


def _encoded(field: Field, value: Any) -> Any:
    if value is None:
        return _BLANKS.get(field.type, "")
    encoder = _ENCODERS.get(field.type)
    try:
        return encoder(value) if encoder else value
    except (ValueError, TypeError, AttributeError, InvalidOperation):
        raise Rejected("type_mismatch", f"{value!r} does not fit {field.name} ({field.type})", fields=[field.name]) from None


def filtered(field: Field, value: Any) -> Any:
    """A value as a filter compares it: numbers as numbers, the rest as for a write."""
    return float(value) if field.type in _NUMERIC else _encoded(field, value)


_BLANKS: Mapping[FieldType, Any] = {FieldType.BOOLEAN: False, FieldType.EMAILS: [], FieldType.CHOICES: []}

_ENCODERS: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.BOOLEAN: truth,
    FieldType.INTEGER: lambda v: int(Decimal(str(v))),
    FieldType.NUMBER: float,
    FieldType.MONEY: money_text,
    FieldType.DATETIME: lambda v: instant(v).isoformat(),
    FieldType.EMAILS: emails,
}
