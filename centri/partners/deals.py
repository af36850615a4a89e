"""What a programme allows of a registered deal: what it must say, how long it is protected, what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from centri.errors import Rejected

Row = Mapping[str, Any]

ANY_PRODUCT = "*"
"""The product family of a deal that names none: it is about all of them."""

ENTERED = frozenset({
    "account_name", "contact_name", "contact_email", "product_family", "amount", "currency", "close_date",
    "current_situation", "timeframe",
})  # fmt: skip
"""What a partner enters of a deal."""

_EDITABLE: Mapping[str, frozenset[str]] = {"draft": ENTERED, "returned": ENTERED - {"account_name"}}
"""Another customer is another deal, so it stands still once the vendor has seen it."""

REQUIRABLE: Mapping[str, tuple[str, ...]] = {
    "account": ("account_id", "account_name"),
    "contact": ("contact_id", "contact_name", "contact_email"),
    **{name: (name,) for name in sorted(ENTERED - {"account_name"})},
}
"""The words by which a programme says what it requires, and the columns of which one must hold something."""

REASONS = ("duplicate", "incomplete", "ineligible", "territory", "direct", "other")
"""Why a deal is rejected."""

OPEN = frozenset({"submitted", "under_review", "returned"})
"""The states in which a deal waits for an approval."""

AGAIN = frozenset({"rejected", "expired"})
"""The states from which a deal comes again as a new registration."""


def missing(program: Row, deal: Row) -> tuple[str, ...]:
    """What the programme requires and the deal does not say yet, in the programme's order."""
    return tuple(word for word in program["required_fields"] or () if not any(_said(deal, c) for c in REQUIRABLE[word]))


def _said(deal: Row, column: str) -> bool:
    value = deal.get(column)
    return value is not None and value != "" and not (column == "product_family" and value == ANY_PRODUCT)


def response_due(program: Row, submitted_at: datetime) -> datetime:
    """Until when the vendor has promised an answer."""
    return submitted_at + timedelta(hours=program["response_hours"])


def protected_until(program: Row, approved_at: datetime) -> datetime:
    """Until when an approved deal is protected."""
    return approved_at + timedelta(days=program["protection_days"])


def is_overdue(deal: Row, now: datetime) -> bool:
    """Whether the vendor owes an answer that it promised for earlier."""
    due = deal["response_due_at"]
    return deal["state"] in ("submitted", "under_review") and due is not None and due < now


def has_lapsed(deal: Row, now: datetime, *, extension_pending: bool) -> bool:
    """Whether the protection is over; as long as an extension is asked for and not decided, it is not."""
    return deal["state"] == "approved" and deal["expires_at"] < now and not extension_pending


def editable(state: str) -> frozenset[str]:
    """What a partner may change of a deal in this state."""
    return _EDITABLE.get(state, frozenset())


def require_editable(deal: Row, fields: Iterable[str]) -> None:
    """Raises Rejected where one of the fields stands still."""
    if still := sorted(set(fields) - editable(deal["state"])):
        why = f"{', '.join(still)} cannot change while the deal is {deal['state'].replace('_', ' ')}"
        raise Rejected("illegal_transition", why, fields=still)


def overlaps(one: str, other: str) -> bool:
    """Whether two product families have a product in common."""
    return ANY_PRODUCT in (one, other) or one.casefold() == other.casefold()


def rivals(deal: Row, others: Iterable[Row]) -> list[Row]:
    """The approved registrations that this one cannot stand beside: of the same account, for a product in common."""
    return [
        other
        for other in others
        if other["state"] == "approved"
        and other["id"] != deal["id"]
        and other["account_id"] == deal["account_id"]
        and overlaps(other["product_family"], deal["product_family"])
    ]


def is_contested(deal: Row, others: Iterable[Row]) -> bool:
    """Whether another partner wants the same account and product, or has it."""
    return any(
        other["partner_account_id"] != deal["partner_account_id"]
        and other["account_id"] == deal["account_id"]
        and (other["state"] in OPEN or other["state"] == "approved")
        and overlaps(other["product_family"], deal["product_family"])
        for other in others
    )


def extended_until(program: Row, deal: Row, earlier: Sequence[Row], days: int | None) -> datetime:
    """Until when the protection would last with an extension of so many days, or of as many as the programme gives.

    ``earlier`` are the extensions that were asked for before. Raises Rejected where the programme does not allow another.
    """
    if deal["state"] != "approved":
        raise Rejected(
            "illegal_transition", f"only an approved deal can be extended; this one is {deal['state'].replace('_', ' ')}"
        )
    if any(e["state"] == "pending" for e in earlier):
        raise Rejected("illegal_transition", "an extension is asked for already, and not decided")
    policy, most = program["extension_policy"], program["extension_days"]
    if policy == "none" or (policy == "once" and earlier):
        how = "gives no extensions" if policy == "none" else "gives one extension, and this deal has had its decision"
        raise Rejected("illegal_transition", f"programme {program['code']} {how}; once it expires it can be submitted again")
    wanted = most if days is None else days
    if not 1 <= wanted <= most:
        raise Rejected("validation", f"programme {program['code']} extends by 1 to {most} days at a time, not by {wanted}")
    until: datetime = deal["expires_at"] + timedelta(days=wanted)
    return until


def require_resubmittable(program: Row, deal: Row) -> None:
    """Raises Rejected where the deal cannot be submitted once more."""
    if deal["state"] == "returned":
        return
    if deal["state"] not in AGAIN:
        why = f"only a returned, rejected or expired deal can be submitted again; this one is {deal['state'].replace('_', ' ')}"
        raise Rejected("illegal_transition", why)
    most = program["resubmissions"]
    if most is not None and deal["revision_no"] > most:
        raise Rejected("illegal_transition", f"programme {program['code']} allows {most} resubmissions, and they are used up")


def approves_itself(program: Row, deal: Row, partner: Row, scores: Sequence[float]) -> bool:
    """Whether the programme approves such a deal without a person. ``scores`` are those of what it may be a duplicate of."""
    given = program["auto_approve_when"]
    if not given or missing(program, deal):
        return False
    return all(_CONDITIONS[word](value, deal, partner, scores) for word, value in given.items())


def _at_most(most: Any, deal: Row, partner: Row, scores: Sequence[float]) -> bool:
    return deal["amount"] is not None and Decimal(deal["amount"]) <= Decimal(str(most))


_CONDITIONS: Mapping[str, Callable[[Any, Row, Row, Sequence[float]], bool]] = {
    "amount_at_most": _at_most,
    "tiers": lambda tiers, deal, partner, scores: partner["tier"] in tiers,
    "product_families": lambda families, deal, partner, scores: deal["product_family"] in families,
    "score_below": lambda limit, deal, partner, scores: all(score < limit for score in scores),
}

CONDITIONS = tuple(_CONDITIONS)
"""The words by which a programme says which deals need no person's approval; all that are given must hold."""


def credit(program: Row, deal: Row) -> Decimal | None:
    """The additional margin that a won deal earns, in its currency; None where its amount is unknown."""
    if deal["amount"] is None:
        return None
    share = Decimal(str(program["margin_pct"])) / 100
    return (Decimal(deal["amount"]) * share).quantize(Decimal("0.01"), ROUND_HALF_UP)


def likeness(of_account: float, product: str, other_product: str | None) -> tuple[float, str]:
    """How likely it is that something at an account, which is the deal's with this probability, is the same deal; and why."""
    if other_product is None or other_product == ANY_PRODUCT:
        return round(of_account * 0.8, 4), "same account, product unknown"
    if overlaps(product, other_product):
        return of_account, "same account and product"
    return round(of_account * 0.3, 4), f"same account, but {other_product}"
