"""What a team says of matching companies: thresholds, caps, tie-breakers, and what people decided once and for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from centri.dedupe.caps import CAPS
from centri.dedupe.companies.company import Company
from centri.dedupe.verdicts import Verdict


class Domain(StrEnum):
    """How far a domain alone speaks for a company."""

    ALWAYS = "always"
    FALLBACK = "fallback"
    """Only where no candidate's name agrees."""
    OFF = "off"
    """Domains are not looked at."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows of a candidate beside its name: for classes, families and tie-breakers."""

    company_class: str = "prospect"
    country: str = ""
    city: str = ""
    parent: str = ""
    name: str = ""
    contacts: int = 0
    open_opportunities: int = 0
    last_activity: str = ""
    created: str = ""


Measure = Callable[[Company, Facts], float | str]
"""The more, the better; equal measures leave the question to the next tie-breaker."""


def same_country(lead: Company, facts: Facts) -> float:
    """The one in the lead's country."""
    return float(bool(lead.country) and lead.country == facts.country)


def same_city(lead: Company, facts: Facts) -> float:
    """The one in the lead's city."""
    return float(bool(lead.city) and lead.city == facts.city)


def named(lead: Company, facts: Facts) -> float:
    """A named account before others."""
    return float(facts.company_class == "named")


def customer(lead: Company, facts: Facts) -> float:
    """A customer before a prospect before others."""
    return {"named": 2.0, "customer": 2.0, "prospect": 1.0}.get(facts.company_class, 0.0)


def open_opportunity(lead: Company, facts: Facts) -> float:
    """The one with the most open opportunities."""
    return float(facts.open_opportunities)


def most_contacts(lead: Company, facts: Facts) -> float:
    """The one with the most contacts."""
    return float(facts.contacts)


def latest_activity(lead: Company, facts: Facts) -> str:
    """The one that something happened with last."""
    return facts.last_activity


def oldest(lead: Company, facts: Facts) -> float:
    """The one that was there first."""
    return -float("".join(filter(str.isdigit, facts.created))[:14].ljust(14, "0") or 0) if facts.created else -1e15


TIE_BREAKERS: Mapping[str, Measure] = {
    f.__name__: f for f in (same_country, same_city, named, customer, open_opportunity, most_contacts, latest_activity, oldest)
}

Key = tuple[str, str]
"""What a decision of a person is about: ``("lead", id)``, ``("name", squashed name)``, ``("domain", ...)``."""


def keys(lead: Company) -> list[Key]:
    """Everything of a lead that a decision can be about, the most particular first."""
    names = [("name", lead.names[0].squashed)] if lead.names else []
    return [("lead", lead.id), *(("domain", domain) for domain in lead.domains), *names]


@dataclass(frozen=True, slots=True)
class Overrides:
    """``always``: this lead, name or domain is this company. ``never``: it is not."""

    always: Mapping[Key, str] = field(default_factory=dict)
    never: frozenset[tuple[Key, str]] = frozenset()

    def forced(self, lead: Company) -> str | None:
        """The company that a person said it is."""
        return next((self.always[key] for key in keys(lead) if key in self.always), None) if self.always else None

    def refused(self, lead: Company, company: str) -> bool:
        """A person said that it is not this company."""
        return bool(self.never) and any((key, company) in self.never for key in keys(lead))


@dataclass(frozen=True, slots=True)
class CompanyRules:
    """``accept`` and ``review`` are probabilities. ``gap``: the log odds of own evidence by which a match must be ahead of its
    runner-up, or a tie-breaker or a person decides. ``cap``: words of CAPS with the verdict that none of theirs exceeds.
    ``tie_breakers`` are asked in order. ``always`` of :class:`Domain` as it says. ``family``: a parent's companies count as one
    company's, of which the one in the lead's country is taken, else the parent.

    Raises ValueError for an unknown word, and for thresholds that are out of order or no probabilities.
    """

    accept: float = 0.85
    review: float = 0.5
    gap: float = 1.0
    cap: Mapping[str, Verdict] = field(default_factory=lambda: {"country_differs": Verdict.REVIEW, "name_only": Verdict.REVIEW})
    tie_breakers: Sequence[str] = tuple(TIE_BREAKERS)
    domain: Domain = Domain.ALWAYS
    family: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.review <= self.accept < 1:
            raise ValueError(f"review ({self.review}) and accept ({self.accept}) are probabilities, and review is the lower one")
        if self.gap < 0:
            raise ValueError("gap is not negative")
        for kind, words, table in (("cap", self.cap, CAPS), ("tie-breaker", self.tie_breakers, TIE_BREAKERS)):
            for word in words:
                if word not in table:
                    raise ValueError(f"no {kind} is called {word!r}; there are {', '.join(table)}")
