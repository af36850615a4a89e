"""Business cases: what kind of business a lead is at the moment, so that rules need not say it each anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from centri.partners.conditions import Condition, Test, When
from centri.partners.facts import LeadFacts
from centri.partners.lead_words import look_at


@dataclass(frozen=True, slots=True)
class BusinessCase:
    """A kind of business, and what makes a lead one."""

    name: str
    when: When
    meaning: str = ""


BUILT_IN: tuple[BusinessCase, ...] = (
    BusinessCase(
        "active_opportunity",
        When.all(Condition("open_opportunities", Test.AT_LEAST, (1,))),
        "The matched account has an open opportunity.",
    ),
    BusinessCase(
        "lost_opportunity",
        When.all(
            Condition("last_lost", Test.WITHIN, (timedelta(days=365),)), Condition("open_opportunities", Test.AT_MOST, (0,))
        ),
        "The account lost us an opportunity within 365 days, and has none open.",
    ),
    BusinessCase(
        "existing_customer",
        When.all(Condition("account_class", Test.IS, ("customer",))),
        "The matched account is a customer.",
    ),
    BusinessCase(
        "trial_request",
        When((
            (Condition("lead_source", Test.CONTAINS, ("trial",)),),
            (Condition("campaign", Test.CONTAINS, ("trial",)),),
        )),
        "The lead source or the campaign names a trial.",
    ),
    BusinessCase("greenfield", When(), "None of the others: new business."),
)  # fmt: skip
"""Those that are meant where the mapping says nothing, in order."""


def case_of(cases: tuple[BusinessCase, ...], lead: LeadFacts) -> str | None:
    """The first business case that holds for the lead; None where none does."""
    look = look_at(lead)
    return next((case.name for case in cases if not case.when.failures(look, lead.at)), None)
