"""Field values between a CRM's JSON and the one canonical form that a Record holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from centri import values
from centri.descriptions import FieldType

_CENT = Decimal("0.01")


def instant(text: str) -> datetime:
    """An ISO 8601 date-time as aware UTC; one without an offset is taken as UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def instant_text(at: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ``, with microseconds only where there are some."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def money_text(value: Any) -> str:
    """A decimal string with two decimals, or more where more are there. Raises ValueError."""
    try:
        amount = Decimal(str(value)).normalize()
    except InvalidOperation:
        raise ValueError(f"{value!r} is no amount") from None
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{value!r} is no amount")  # noqa: TRY004 - NaN and infinity are wrong values, not wrong types
    return format(amount if exponent < -2 else amount.quantize(_CENT), "f")


def truth(value: Any) -> bool:
    """A boolean, also from the digits and words that older CRM versions send. Raises ValueError."""
    if value in (True, 1, "1", "true"):
        return True
    if value in (False, 0, "0", "false"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def choices(value: Any) -> list[str] | None:
    """Several choices in one order, so that two equal sets compare equal; None for none.

    Salesforce joins them with semicolons; SugarCRM sends a list, or what its database holds: ``^a^,^b^``.
    """
    if isinstance(value, str):
        value = value.strip("^").split("^,^") if value.startswith("^") else value.split(";")
    return values.choices(value) or None


def emails(value: Any) -> list[dict[str, Any]]:
    """E-mail addresses, the primary one first, so that two equal sets compare equal."""
    listed = [
        {
            "email_address": entry.get("email_address", ""),
            "primary_address": truth(entry.get("primary_address", False)),
            "opt_out": truth(entry.get("opt_out", False)),
            "invalid_email": truth(entry.get("invalid_email", False)),
        }
        for entry in value
    ]
    return sorted(listed, key=lambda e: (not e["primary_address"], e["email_address"]))


_DECODERS: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.BOOLEAN: truth,
    FieldType.INTEGER: lambda v: int(Decimal(str(v))),
    FieldType.NUMBER: float,
    FieldType.MONEY: money_text,
    FieldType.DATE: lambda v: v[:10],
    FieldType.DATETIME: lambda v: instant_text(instant(v)),
    FieldType.CHOICES: choices,
    FieldType.EMAILS: emails,
}


def decode(type: FieldType, value: Any) -> Any:
    """A CRM's value in canonical form.

    None and the empty text are both None: SugarCRM keeps ``""`` for a blank and Salesforce null, and they mean the same.
    A value that does not have the form of its type stays as it came, so that one bad field does not stop a page; the
    mapping reports it.
    """
    if value is None or value == "":
        return None
    decoder = _DECODERS.get(type)
    try:
        return decoder(value) if decoder else plain(value)
    except (ValueError, TypeError, AttributeError, InvalidOperation):
        return plain(value)


def plain(value: Any) -> Any:
    """Without the Decimals that exact parsing leaves where a field's type does not ask for them."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
