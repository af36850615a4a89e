"""Routing: where a lead goes, by the first rule that matches, and why it does not go elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from centri.partners.cases import BUILT_IN, BusinessCase, case_of
from centri.partners.conditions import Failure, When
from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.lead_words import look_at
from centri.partners.pools import Pool
from centri.partners.resolving import resolve, without_rule
from centri.partners.targets import Outcome, Target
from centri.partners.territories import Found, Territory, found


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with leads that meet conditions; ``name`` is unique in its set."""

    name: str
    when: When
    then: Target


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one way to market, in order, and which leads they are for."""

    name: str
    rules: tuple[Rule, ...]
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Routing:
    """All that a mapping says of routing and distribution. The first rule set whose conditions hold is asked, and no other."""

    rule_sets: tuple[RuleSet, ...] = ()
    pools: Mapping[str, Pool] = field(default_factory=dict)
    territories: Mapping[str, Territory] = field(default_factory=dict)
    cases: tuple[BusinessCase, ...] = BUILT_IN


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was asked: whether it matched and, if not, why; ``shadowed``: it would have, had not one before it.

    ``failed`` are the conditions that do not hold, with the values seen.
    """

    rule: str
    matched: bool
    why: str = ""
    shadowed: bool = False
    failed: tuple[Failure, ...] = ()

    def as_json(self) -> dict[str, Any]:
        told = {"rule": self.rule, "matched": self.matched, "why": self.why, "shadowed": self.shadowed}
        failed = [failure.as_json() for failure in self.failed]
        return {name: value for name, value in {**told, "failed": failed}.items() if value or name == "matched"}


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a lead goes, by which rule of which set (None: by none), and every rule that was tried.

    ``lead`` is what was looked at, its territories and business case among it; ``skipped`` the rule sets that are not for it.
    """

    lead: LeadFacts
    rule_set: str | None
    rule: str | None
    outcome: Outcome
    trace: tuple[Tried, ...]
    territories: tuple[Found, ...] = ()
    skipped: tuple[Tried, ...] = ()

    @property
    def shadowed(self) -> tuple[str, ...]:
        """The rules that would have matched too."""
        return tuple(tried.rule for tried in self.trace if tried.shadowed)

    def as_json(self) -> dict[str, Any]:
        """The trace as it is stored; ``lead.as_json()`` are the inputs, ``outcome.as_json()`` the outcome."""
        return {
            "rule_set": self.rule_set,
            "rule": self.rule,
            "business_case": self.lead.business_case,
            "territories": [territory.as_json() for territory in self.territories],
            "skipped": [tried.as_json() for tried in self.skipped],
            "tried": [tried.as_json() for tried in self.trace],
            "shadowed": list(self.shadowed),
        }


def placed(routing: Routing, lead: LeadFacts) -> tuple[LeadFacts, tuple[Found, ...]]:
    """The lead with its territories and its business case filled in, and what decided the territories."""
    territories = found(routing.territories, lead)
    lead = replace(lead, territories=tuple(territory.code for territory in territories))
    return replace(lead, business_case=case_of(routing.cases, lead)), territories


def route(routing: Routing, lead: LeadFacts, partners: Mapping[str, PartnerFacts]) -> Decision:
    """Where the lead goes; ``partners`` are all there are, by id.

    Where no rule matches it goes to the queue ``unassigned`` with the reason ``no_rule``, and the channel managers are told.
    A competitor's lead goes to no partner, and one that a partner brought to no other, whatever the rules say.
    """
    lead, territories = placed(routing, lead)
    rules, skipped = _rule_set(routing, lead)
    outcome: Outcome | None = None
    trace: list[Tried] = []
    for rule in rules.rules if rules else ():
        tried, reached = _try(rule, lead, partners, routing.pools)
        trace.append(replace(tried, matched=False, shadowed=True) if reached and outcome else tried)
        outcome = outcome or reached
    decided = next((tried.rule for tried in trace if tried.matched), None)
    name = rules.name if rules else None
    return Decision(lead, name, decided, outcome or without_rule(lead, partners), tuple(trace), territories, skipped)


def _rule_set(routing: Routing, lead: LeadFacts) -> tuple[RuleSet | None, tuple[Tried, ...]]:
    """The first whose conditions hold, and those before it."""
    look = look_at(lead)
    skipped: list[Tried] = []
    for rules in routing.rule_sets:
        failed = rules.when.failures(look, lead.at)
        if not failed:
            return rules, tuple(skipped)
        skipped.append(Tried(rules.name, matched=False, why="; ".join(map(str, failed)), failed=failed))
    return None, tuple(skipped)


def _try(
    rule: Rule, lead: LeadFacts, partners: Mapping[str, PartnerFacts], pools: Mapping[str, Pool]
) -> tuple[Tried, Outcome | None]:
    failed = rule.when.failures(look_at(lead), lead.at)
    if failed:
        return Tried(rule.name, matched=False, why="; ".join(map(str, failed)), failed=failed), None
    reached = resolve(rule.then, rule.when, lead, partners, pools)
    if isinstance(reached, Outcome):
        return Tried(rule.name, matched=True), reached
    return Tried(rule.name, matched=False, why=reached.why), None
