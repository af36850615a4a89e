"""What a decision about distribution may look at: a lead with its account and protections, and a partner, at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

ANY_FAMILY = "*"
"""The product family of a protection that holds for every product."""


@dataclass(frozen=True, slots=True)
class OpenOpportunity:
    """An opportunity of the lead's account that is neither won nor lost; ``owner`` is the id of one of the vendor's people."""

    id: str
    owner: str | None = None
    partner: str | None = None
    motion: str | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account that a lead was matched to. ``opportunities`` are the open ones, the one that was changed last first."""

    id: str
    account_class: str = "prospect"
    owner: str | None = None
    """The id of the vendor's person who has it."""
    partner: str | None = None
    """The id of the partner that has it now: by an open opportunity of its own, or by the lead that it got there last."""
    opportunities: tuple[OpenOpportunity, ...] = ()
    last_lost: date | None = None
    last_won: date | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """An account is pinned to a partner, for one product family or all, from ``valid_from`` until before ``valid_to``."""

    partner: str
    protection: str
    """``exclusive`` or ``shared``."""
    reason: str
    product_family: str = ANY_FAMILY
    user: str | None = None
    """The id of the partner's person that it is pinned to."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class LeadFacts:
    """A lead as it is at the moment ``at`` (aware).

    ``values`` are its columns; ``excluded`` the ids of the partners that are barred from it, each with the reason;
    ``motion`` is given where somebody has decided it, and else told from the account's open opportunities.
    ``territories`` and ``business_case`` are filled in by :func:`centri.partners.routing.route`.
    """

    id: str
    at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)
    account: AccountFacts | None = None
    protections: tuple[Protection, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    motion: str | None = None
    lat: float | None = None
    lng: float | None = None
    territories: tuple[str, ...] = ()
    business_case: str | None = None

    @property
    def products(self) -> tuple[str, ...]:
        return tuple(self.values.get("product_interest") or ())

    @property
    def match_class(self) -> str:
        return self.values.get("match_class") or "none"

    @cached_property
    def standing(self) -> tuple[Protection, ...]:
        """The protections that bind this lead: exclusive ones before shared ones, of a product before those of all.

        One of a product family binds only a lead that asks for that family.
        """
        asked = {*self.products, ANY_FAMILY}
        found = [p for p in self.protections if p.product_family in asked and p.holds(self.at)]
        exclusive = [p for p in found if p.protection == "exclusive"]
        special = [p for p in exclusive if p.product_family != ANY_FAMILY]
        return tuple(sorted(special or exclusive or found, key=lambda p: (p.product_family, p.partner)))

    @property
    def protected_for(self) -> tuple[str, ...]:
        """The partners that the account is pinned to as far as this lead goes, each once."""
        return tuple(dict.fromkeys(p.partner for p in self.standing))

    @property
    def protection(self) -> str | None:
        """``exclusive``, ``shared``, or None. Exclusive rights of several partners to several products are shared."""
        if not self.standing:
            return None
        return "exclusive" if self.standing[0].protection == "exclusive" and len(self.protected_for) == 1 else "shared"

    def as_json(self) -> dict[str, Any]:
        """All that the decision looked at, to be stored with it."""
        return {
            "lead": self.id,
            "at": _told(self.at),
            "values": {str(name): _told(value) for name, value in self.values.items() if value is not None},
            "account": _fields(self.account) if self.account else None,
            "protections": [_fields(p) for p in self.protections],
            "excluded": dict(self.excluded),
            "motion": self.motion,
            "territories": list(self.territories),
            "business_case": self.business_case,
        }


@dataclass(frozen=True, slots=True)
class PartnerUser:
    """A person of a partner."""

    id: str
    email: str
    role: str = "rep"
    status: str = "active"
    receives_leads: bool = True


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """A partner as it is at the moment of a decision.

    ``competencies`` are those still valid; ``open_leads`` are those it holds, ``offers_today`` those it was offered since
    midnight UTC; ``users`` is None where its people do not matter.
    """

    id: str
    name: str
    partner_type: str | None = None
    tier: str | None = None
    status: str = "active"
    accepts_leads: bool = True
    auto_accept: bool = False
    country: str | None = None
    region: str | None = None
    state: str | None = None
    city: str | None = None
    lat: float | None = None
    lng: float | None = None
    competencies: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    territories: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()
    performance_score: float | None = None
    routing_weight: int = 1
    open_leads: int = 0
    offers_today: int = 0
    max_open_leads: int | None = None
    max_offers_per_day: int | None = None
    response_sla_hours: int | None = None
    users: tuple[PartnerUser, ...] | None = None

    @property
    def away(self) -> str | None:
        """Why it takes no lead for the time being, though it is a partner of ours; None where it does."""
        if not self.accepts_leads:
            return "does not accept leads"
        if self.users is not None and not any(u.status == "active" and u.receives_leads for u in self.users):
            return "has nobody who receives leads"
        return None


def _fields(of: Any) -> dict[str, Any]:
    return {name: _told(getattr(of, name)) for name in of.__slots__}


def _told(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list | frozenset):
        return [_fields(item) if hasattr(item, "__slots__") and not isinstance(item, str) else _told(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str | dict) else str(value)
