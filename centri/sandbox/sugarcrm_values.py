"""Values of the sandbox's SugarCRM: from what a client sends to what is stored, tidied, and back to what it reads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from centri.sandbox.schema import Field
from centri.sandbox.sugarcrm_errors import invalid

PLACES = Decimal("0.000001")
FLAGS = ("primary_address", "opt_out", "invalid_email", "reply_to_address")
_NAMESPACE = uuid.UUID("6f0f3c2e-6c1b-4f0e-9f3b-3a5a0b8c7d10")


def typed(field: Field, value: Any, zone: tzinfo) -> Any:
    """The stored form of a value, uncut; None where it is empty. Raises Refused for a value of the wrong kind."""
    if value is None or value == "":
        return None
    try:
        if field.type == "datetime":
            return seconds(value, zone)
        return READERS.get(field.type, str)(value)
    except (ValueError, TypeError, InvalidOperation):
        raise invalid(f"{value!r} is no {field.type} for {field.name}") from None


def tidy(field: Field, value: Any, zone: tzinfo) -> Any:
    """As :func:`typed`, with text trimmed and cut to the field's length without a word, as the CRM does."""
    if isinstance(value := typed(field, value, zone), str):
        value = value.strip()[: field.length or None].rstrip() or None
    unlisted = [one for one in (value if isinstance(value, list) else [value]) if one is not None and one not in field.choices]
    if field.restricted and unlisted:
        raise invalid(f"{value!r} is not among the values of {field.name}")
    return value


def seconds(value: Any, zone: tzinfo) -> int:
    """A date-time as seconds since 1970 UTC; without an offset it is meant in ``zone``. Raises ValueError."""
    at = datetime.fromisoformat(str(value).strip())
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp())


def moment(at: int | None, zone: tzinfo) -> str:
    """A date-time as the CRM writes it: whole seconds with the user's numeric offset; empty text for none."""
    return "" if at is None else datetime.fromtimestamp(at, zone).isoformat()


def utc(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def addresses(value: Any) -> list[dict[str, Any]] | None:
    """The stored form of an e-mail set: one entry for each address, exactly one of them primary. Raises ValueError."""
    given = [{"email_address": value}] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ValueError(value)
    kept: dict[str, dict[str, Any]] = {}
    for one in given:
        if address := str(one.get("email_address") or "").strip()[:255]:
            flags = {flag: True for flag in FLAGS if _set(one.get(flag))}
            kept.setdefault(address.casefold(), {"email_address": address, **flags})
    entries = list(kept.values())
    primary = next((one for one in entries if one.get("primary_address")), entries[0] if entries else None)
    for one in entries:
        one.pop("primary_address", None)
    if primary:
        primary["primary_address"] = True
    return entries or None


def primary_address(entries: list[dict[str, Any]] | None) -> str:
    return next((str(one["email_address"]) for one in entries or () if one.get("primary_address")), "")


def with_primary(entries: list[dict[str, Any]] | None, address: str | None) -> list[dict[str, Any]] | None:
    """The e-mail set after ``email1`` was written: its primary replaced, or taken out for no address."""
    rest = [one for one in entries or () if not one.get("primary_address")]
    return addresses([*([{"email_address": address, "primary_address": True}] if address else []), *rest])


def written_out(entries: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """An e-mail set as a client reads it, every flag said."""
    return [
        {
            "email_address": one["email_address"],
            **{flag: one.get(flag, False) for flag in FLAGS},
            "email_address_id": str(uuid.uuid5(_NAMESPACE, one["email_address"].casefold())),
        }
        for one in entries or ()
    ]


def tags(value: Any) -> list[str] | None:
    """The stored form of tags: names, given as such or as objects with one. Raises TypeError."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list):
        raise TypeError(value)
    named = [str(one.get("name") or "" if isinstance(one, dict) else one).strip() for one in given]
    return list({name.casefold(): name for name in named if name}.values()) or None


def tags_written_out(names: list[str] | None) -> list[dict[str, str]]:
    return [{"id": str(uuid.uuid5(_NAMESPACE, f"tag {name.casefold()}")), "name": name} for name in names or ()]


def teams(value: Any) -> list[dict[str, Any]] | None:
    """The stored form of a team set: ids, exactly one of them primary. Raises ValueError."""
    given = [{"id": value}] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, dict) and one.get("id") for one in given):
        raise ValueError(value)
    primary = next((one["id"] for one in given if _set(one.get("primary"))), given[0]["id"] if given else None)
    return [{"id": str(one["id"]), "primary": one["id"] == primary} for one in given] or None


def several(value: Any) -> list[str] | None:
    """The stored form of a multiple choice: each value once, as sent; also written as ``^a^,^b^``. Raises TypeError."""
    given = value.strip("^").split("^,^") if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError(value)
    return list(dict.fromkeys(one.strip() for one in given if one.strip())) or None


def _set(flag: Any) -> bool:
    return str(flag).strip().lower() in ("1", "true", "on", "yes")


def _money(value: Any) -> str:
    return str(Decimal(str(value)).quantize(PLACES))


def _day(value: Any) -> str:
    return date.fromisoformat(str(value)[:10]).isoformat()


READERS: dict[str, Callable[[Any], Any]] = {
    "bool": _set,
    "int": int,
    "currency": _money,
    "decimal": _money,
    "date": _day,
    "email": addresses,
    "tag": tags,
    "multienum": several,
    "team_list": teams,
    "blob": lambda value: value,
}
"""How a value is read, by the field's type; raises ValueError, TypeError or InvalidOperation. Text otherwise."""
