"""Which of several partners comes first: by expertise, performance, reach, and so on, and in what words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.partner_words import distance, home_region
from centri.partners.regions import region

Rank = Callable[[PartnerFacts, LeadFacts], float]
"""The smaller the better."""


def expertise(partner: PartnerFacts, lead: LeadFacts) -> float:
    """Competent in more of the products that the lead asks for."""
    if not lead.products:
        return 0
    skilled = {c.casefold() for c in partner.competencies}
    return -sum(product.casefold() in skilled for product in lead.products)


def performance(partner: PartnerFacts, lead: LeadFacts) -> float:
    """A higher performance score; without one, behind all that have one."""
    return inf if partner.performance_score is None else -partner.performance_score


def reach(partner: PartnerFacts, lead: LeadFacts) -> float:
    """In the lead's city, before its state, its country, its region, and elsewhere."""
    where = lead.values.get
    if _other(partner.country, where("country_code")):
        home = home_region(partner)
        return 3 if home is not None and home == region(where("country_code")) else 4
    if not _other(partner.city, where("city")):
        return 0
    return 2 if _other(partner.state, where("state_code")) else 1


def nearness(partner: PartnerFacts, lead: LeadFacts) -> float:
    """Fewer kilometres away; where a place is not known, behind all others."""
    km = distance(partner, lead)
    return inf if km is None else km


def open_leads(partner: PartnerFacts, lead: LeadFacts) -> float:
    """Fewer open leads."""
    return partner.open_leads


RANKS: Mapping[str, Rank] = {
    "expertise": expertise,
    "performance": performance,
    "reach": reach,
    "distance": nearness,
    "open_leads": open_leads,
}

_REACHED = ("the same city", "the same state", "the same country", "the same region", "elsewhere")


def _told(rank: str, score: float, lead: LeadFacts) -> str:
    """What a score means."""
    if rank == "expertise":
        return f"{-score:g} of {len(lead.products)} products" if lead.products else "no product asked for"
    if rank == "performance":
        return "no performance score" if score == inf else f"performance {-score:g}"
    if rank == "reach":
        return _REACHED[int(score)]
    if rank == "distance":
        return "distance not known" if score == inf else f"{score:g} km"
    return f"{score:g} open leads"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A partner's place among those that may have the lead, from 1. ``by`` are the ranks that were asked."""

    partner: PartnerFacts
    rank: int
    by: tuple[str, ...]
    lead: LeadFacts

    @property
    def why(self) -> str:
        """By what it has that place."""
        return ", ".join(_told(word, RANKS[word](self.partner, self.lead), self.lead) for word in self.by)


def ranked(by: tuple[str, ...], partners: Sequence[PartnerFacts], lead: LeadFacts) -> tuple[Ranked, ...]:
    """Best first, whatever order they came in: of equals, by name."""
    scores = [RANKS[word] for word in by]
    best = sorted(partners, key=lambda p: (*[score(p, lead) for score in scores], p.name.casefold(), p.id))
    return tuple(Ranked(p, i, by, lead) for i, p in enumerate(best, 1))


def _other(a: str | None, b: str | None) -> bool:
    """Different, or one of them not known."""
    return not a or not b or (a != b and a.casefold() != b.casefold())
