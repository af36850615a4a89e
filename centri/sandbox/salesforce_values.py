"""Single values of Salesforce fields: what a write may send, what is stored, and how a read shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
NUMBERS = frozenset({"double", "currency", "percent"})
JSON_KINDS: dict[type, str] = {
    str: "VALUE_STRING",
    bool: "VALUE_TRUE",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}


def stored(field: Field, value: Any) -> Any:
    """The stored form of a value sent in JSON; raises Refused in Salesforce's words."""
    if value is None or value == "":
        return field.default if field.type == "boolean" else None
    read: Callable[[Field, Any], Any] = _BY_TYPE.get(field.type, _text)
    return read(field, value)


def parsed(field: Field, text: str) -> Any:
    """The stored form of a value as a CSV file spells it; None for an empty cell or what the type cannot read."""
    try:
        return stored(field, text)
    except Refused:
        return None


def shown(field: Field) -> Callable[[Any], Any] | None:
    """How a stored value reads in JSON; None where it reads as it is stored."""
    if field.type == "datetime":
        return lambda value: None if value is None else moment(value)
    if field.type == "boolean":
        return bool
    if field.type in NUMBERS:
        return lambda value: None if value is None else float(value)
    return None


@lru_cache(maxsize=65536)
def moment(seconds: int) -> str:
    """A date-time as REST writes it: ``2017-04-13T20:49:12.000+0000``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def iso(seconds: int) -> str:
    """A date-time as the Bulk APIs write it: ``2017-04-13T20:49:12.000Z``."""
    return moment(seconds).replace("+0000", "Z")


def seconds(text: str) -> int:
    """A date-time with an offset as int seconds; the fraction is dropped. Raises ValueError."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None or len(text) < 11:
        raise ValueError(text)
    return int(when.timestamp() // 1)


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _unreadable(field, value, "string")
    text = value.strip()
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise Refused(400, "STRING_TOO_LONG", message, [field.name])
    return text or None


def _picklist(field: Field, value: Any) -> str | None:
    text = _text(field, value)
    if field.restricted and text is not None and text not in field.choices:
        message = f"{field.label}: bad value for restricted picklist field: {text}"
        raise Refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])
    return text


def _multipicklist(field: Field, value: Any) -> str | None:
    """Several values joined by semicolons, kept in the order of the field's own list."""
    parts = {part.strip(): None for part in (_text(field, value) or "").split(";") if part.strip()}
    for part in parts:
        _picklist(field, part)
    return ";".join(sorted(parts, key=lambda part: (part not in field.choices, [*field.choices, part].index(part)))) or None


def _email(field: Field, value: Any) -> str | None:
    text = _text(field, value)
    if text is not None and not EMAIL.fullmatch(text):
        raise Refused(400, "INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", [field.name])
    return text


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    raise _unreadable(field, value, "boolean")


def _integer(field: Field, value: Any) -> int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _unreadable(field, value, "int") from None
    if isinstance(value, bool) or not number.is_finite() or number != int(number):
        raise _unreadable(field, value, "int")
    _within(field, number, field.precision or 9)
    return int(number)


def _number(field: Field, value: Any) -> float:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _unreadable(field, value, "double") from None
    if isinstance(value, bool) or not number.is_finite():
        raise _unreadable(field, value, "double")
    _within(field, number, field.precision - field.scale)
    return float(number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP))


def _within(field: Field, number: Decimal, digits: int) -> None:
    if abs(number) >= Decimal(10) ** digits:
        message = f"{field.label}: value outside of valid range on numeric field: {number}"
        raise Refused(400, "NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])


def _date(field: Field, value: Any) -> str:
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d(T|$)", value):
        with suppress(ValueError):
            return date.fromisoformat(value[:10]).isoformat()
    raise _unreadable(field, value, "date")


def _datetime(field: Field, value: Any) -> int:
    try:
        return seconds(value)
    except (ValueError, TypeError):
        raise _unreadable(field, value, "dateTime") from None


def _reference(field: Field, value: Any) -> str:
    if whole := long_id(value):
        return whole
    raise Refused(400, "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", [field.name])


def _unreadable(field: Field, value: Any, wanted: str) -> Refused:
    kind = JSON_KINDS[type(value)]
    message = f"Cannot deserialize instance of {wanted} from {kind} value {value} or request may be missing a required field"
    return Refused(400, "JSON_PARSER_ERROR", f"{message} at [line:1, column:2]")


_BY_TYPE: dict[str, Callable[[Field, Any], Any]] = {
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "email": _email,
    "boolean": _boolean,
    "int": _integer,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "id": _reference,
}
