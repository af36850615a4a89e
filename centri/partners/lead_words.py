"""What a condition may ask of a lead: each fact by its word, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from centri.partners.facts import LeadFacts
from centri.partners.regions import REGIONS, region

Kind = Literal["text", "number", "moment", "flag"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that conditions may ask for. ``choices`` are its values where they are a closed set."""

    meaning: str
    look: Callable[..., Any]
    kind: Kind = "text"
    choices: tuple[str, ...] = ()


def _column(name: str, meaning: str, kind: Kind = "text", choices: tuple[str, ...] = ()) -> Fact:
    return Fact(meaning, lambda lead: lead.values.get(name), kind, choices)


def _of_account(name: str, meaning: str, kind: Kind = "text", choices: tuple[str, ...] = ()) -> Fact:
    return Fact(meaning, lambda lead: getattr(lead.account, name) if lead.account else None, kind, choices)


def _motion(lead: LeadFacts) -> str | None:
    """As somebody decided; else as the account's open opportunities have it, direct before all others."""
    found = {o.motion for o in lead.account.opportunities} if lead.account else set()
    return lead.motion or next((m for m in MOTIONS if m in found), None)


MOTIONS = ("direct", "cosell", "indirect")
MATCHES = ("none", "review", "named", "customer", "prospect", "partner", "competitor")
CLASSES = ("customer", "prospect", "competitor", "partner", "other")
PROTECTIONS = ("exclusive", "shared")
PROTECTED_BY = ("contract", "program", "product", "qualification", "territory", "end_user_request")

TERRITORY, BUSINESS_CASE, COUNTRY = "territory", "business_case", "country"
"""The facts whose values the mapping file, or ISO 3166, names."""

LEAD_WORDS: Mapping[str, Fact] = {
    # where
    COUNTRY: _column("country_code", "The country, as an ISO 3166 code."),
    "region": Fact(
        "The sales region that the country is in.", lambda lead: region(lead.values.get("country_code")), "text", REGIONS
    ),
    "state": _column("state_code", "The state or province."),
    "city": _column("city", "The city."),
    "postal_code": _column("postal_code", "The postal code."),
    TERRITORY: Fact("The territories that it lies in, those that enclose them among them.", lambda lead: lead.territories),
    # who
    "industry": _column("industry_code", "The standard industry of the company."),
    "company_size": _column("company_size_code", "The band of company sizes."),
    "segment": _column("segment_code", "The segment that the size belongs to.", "text", ("SMB", "MID", "ENT")),
    "title_level": _column("title_level_code", "The level of the person's title."),
    "job_function": _column("job_function_code", "The function of the person's title."),
    "email_domain": _column("email_domain", "The domain of the e-mail address."),
    # what
    "product": Fact("The products that it asks for.", lambda lead: lead.products),
    "timeframe": _column("timeframe", "When the company wants to buy."),
    "lead_source": _column("lead_source", "Where the lead came from."),
    "campaign": _column("campaign_ref", "The campaign that it answered."),
    "source": _column("source_kind", "Who brought it.", "text", ("vendor", "partner")),
    "qualification": _column("qualification", "How far it is qualified.", "text", ("raw", "mql", "sql")),
    "score": _column("score", "Its score.", "number"),
    "priority": _column("priority", "Its priority.", "number"),
    "completeness": _column("completeness", "How much of it is filled in, in percent.", "number"),
    "received": _column("received_at", "When it came.", "moment"),
    # the account that it was matched to
    BUSINESS_CASE: Fact("The business case, the first that holds.", lambda lead: lead.business_case),
    "match": Fact("What its company was matched to.", lambda lead: lead.match_class, "text", MATCHES),
    "account_class": _of_account("account_class", "What the matched account is.", "text", CLASSES),
    "open_opportunities": Fact(
        "How many open opportunities the account has.",
        lambda lead: len(lead.account.opportunities) if lead.account else 0,
        "number",
    ),
    "last_lost": _of_account("last_lost", "The day on which the account's last lost opportunity was closed.", "moment"),
    "last_won": _of_account("last_won", "The day on which the account's last won opportunity was closed.", "moment"),
    "motion": Fact("How the account is sold to: as was decided, or as its open opportunities are.", _motion, "text", MOTIONS),
    "named_account": Fact(
        "How the account is protected, as far as this lead's products go.", lambda lead: lead.protection, "text", PROTECTIONS
    ),
    "protection_reason": Fact(
        "Why the account is protected.", lambda lead: tuple(p.reason for p in lead.standing), "text", PROTECTED_BY
    ),
    "owner_partner": Fact(
        "Whether a partner has the account now.", lambda lead: bool(lead.account and lead.account.partner), "flag"
    ),
    "requested_partner": Fact(
        "Whether the company asked for a partner.", lambda lead: lead.values.get("requested_partner_id") is not None, "flag"
    ),
}
"""Every column of the PRM's lead may be asked for too, by its own name."""


def look_at(lead: LeadFacts) -> Callable[[str], Any]:
    """What is seen of a lead, by word or by column."""

    def look(name: str) -> Any:
        word = LEAD_WORDS.get(name)
        return word.look(lead) if word else lead.values.get(name)

    return look
