"""What a person enters, in the one form that the PRM holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from centri import values as canonical
from centri.errors import Rejected
from centri.partners.deals import ANY_PRODUCT, ENTERED

LEAD = frozenset({
    "first_name", "last_name", "email", "phone_e164", "title", "company", "website", "industry_raw", "employees_raw",
    "street", "city", "state_code", "postal_code", "country_code", "product_interest", "timeframe", "current_situation",
    "key_decision_maker", "campaign_ref",
})  # fmt: skip
"""The fields of a lead that a partner enters."""

OPPORTUNITY = frozenset({"name", "amount", "currency", "close_date", "stage", "product_family", "next_step", "lost_reason"})
"""The fields of an opportunity that a partner enters; ``stage`` is the partner's own."""

KEY_FIELDS = frozenset({"amount", "currency", "close_date", "product_family"})
"""What stands still while the vendor reviews an opportunity."""

DEAL = ENTERED
"""The fields of a registered deal that a partner enters."""

_CATEGORIES = {"won": "won", "lost": "lost"}


def lead(entered: Mapping[str, Any]) -> dict[str, Any]:
    """A lead's PRM values. Raises Rejected for an unknown field, a value that is none, and a lead with nothing to know it by."""
    values = _values(entered, LEAD)
    if values.get("phone_e164"):
        values["phone_e164"] = _formed(
            "phone_e164", values["phone_e164"], lambda v: canonical.phone(v, values.get("country_code"))
        )
    if not any(values.get(name) for name in ("last_name", "company", "email", "phone_e164")):
        raise Rejected("keyless", "a lead needs a last name, a company, an e-mail address or a phone number")
    return values


def opportunity(entered: Mapping[str, Any]) -> dict[str, Any]:
    """An opportunity's PRM values. Raises Rejected for an unknown field and a value that is none."""
    values = _values(entered, OPPORTUNITY)
    if "name" in values and not values["name"]:
        raise Rejected("missing_required", "an opportunity needs a name", fields=("name",))
    if "stage" in values:
        stage = values.pop("stage") or "open"
        values |= {"partner_stage": stage, "stage_category": _CATEGORIES.get(stage, "open")}
    return values


def deal(entered: Mapping[str, Any]) -> dict[str, Any]:
    """A registered deal's PRM values. Raises Rejected for an unknown field and a value that is none."""
    values = _values(entered, DEAL)
    if "product_family" in values:
        values["product_family"] = values["product_family"] or ANY_PRODUCT
    return values


def _values(entered: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if unknown := sorted(set(entered) - known):
        raise Rejected("validation", f"{', '.join(unknown)}: not a field that can be entered here", fields=unknown)
    return {name: _formed(name, value, _FORMS.get(name, _trimmed)) for name, value in entered.items()}


def _formed(name: str, value: Any, form: Callable[[Any], Any]) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return form(value)
    except ValueError as error:
        raise Rejected("validation", f"{name}: {error}", fields=(name,)) from error


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _amount(value: Any) -> str:
    amount = canonical.money(value)
    if amount.startswith("-"):
        raise ValueError(f"{amount} is less than nothing")
    return amount


def _choices(value: Any) -> list[str] | None:
    """One choice or several, as a list."""
    given = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(choice, str) for choice in given):
        raise ValueError(f"{value!r} is neither a text nor a list of texts")
    return canonical.choices(given) or None


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "email": canonical.email,
    "contact_email": canonical.email,
    "country_code": canonical.country,
    "product_interest": _choices,
    "amount": _amount,
    "currency": lambda value: canonical.currency(str(value)),
    "close_date": lambda value: canonical.date(str(value)),
}
