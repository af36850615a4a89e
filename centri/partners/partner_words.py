"""What a pool's criteria may ask of a partner: each fact by its word, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import asin, cos, radians, sin, sqrt
from typing import Any

from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.lead_words import COUNTRY, TERRITORY, Fact
from centri.partners.regions import REGIONS, region

_EARTH = 6371.0
"""Its radius in kilometres."""

TYPES = ("reseller", "distributor", "isv", "integrator", "msp", "referral", "agent", "other")


def distance(partner: PartnerFacts, lead: LeadFacts) -> float | None:
    """Kilometres as the crow flies; None where a place is not known."""
    if partner.lat is None or partner.lng is None or lead.lat is None or lead.lng is None:
        return None
    a, b = radians(partner.lat), radians(lead.lat)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lead.lng - partner.lng) / 2) ** 2
    return round(2 * _EARTH * asin(min(1.0, sqrt(half))), 1)


def home_region(partner: PartnerFacts) -> str | None:
    """As the partner's record says, else the sales region of its country."""
    return partner.region or region(partner.country)


PARTNER_WORDS: Mapping[str, Fact] = {
    "name": Fact("Its name.", lambda p, lead: p.name),
    "type": Fact("What kind of partner it is.", lambda p, lead: p.partner_type, "text", TYPES),
    "tier": Fact("Its tier.", lambda p, lead: p.tier),
    COUNTRY: Fact("Its country, as an ISO 3166 code.", lambda p, lead: p.country),
    "region": Fact(f"Its region; unless its record says, the sales region of its country: {', '.join(REGIONS)}.",
                   lambda p, lead: home_region(p)),
    "state": Fact("Its state or province.", lambda p, lead: p.state),
    "city": Fact("Its city.", lambda p, lead: p.city),
    TERRITORY: Fact("The territories that it covers.", lambda p, lead: p.territories),
    "competency": Fact("Its competencies that are still valid.", lambda p, lead: p.competencies),
    "language": Fact("The languages that it speaks.", lambda p, lead: p.languages),
    "program": Fact("The programmes that it is enrolled in.", lambda p, lead: p.programs),
    "performance": Fact("Its performance score.", lambda p, lead: p.performance_score, "number"),
    "distance": Fact("How far it is from the lead, in kilometres.", distance, "number"),
    "open_leads": Fact("How many leads it holds.", lambda p, lead: p.open_leads, "number"),
    "offers_today": Fact("How many leads it was offered today.", lambda p, lead: p.offers_today, "number"),
}  # fmt: skip

UNSTEADY = frozenset({"distance", "open_leads", "offers_today"})
"""Facts of a partner that are not the same for all leads."""


def look_at_partner(partner: PartnerFacts, lead: LeadFacts) -> Callable[[str], Any]:
    """What is seen of a partner with a lead in mind, by word."""
    return lambda name: PARTNER_WORDS[name].look(partner, lead)
