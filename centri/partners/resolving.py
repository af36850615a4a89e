"""What the target of a rule comes to for one lead: who exactly gets it, or why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from centri.partners.admission import barred
from centri.partners.conditions import When
from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.lead_words import TERRITORY
from centri.partners.pools import Pool
from centri.partners.targets import Aim, Outcome, Target

UNASSIGNED = "unassigned"
"""The queue of leads that nothing else was found for."""

CHANNEL = ("channel_manager",)
"""Whom a lead that nobody gets is told to."""

Partners = Mapping[str, PartnerFacts]


@dataclass(frozen=True, slots=True)
class Open:
    """A rule's target comes to nothing; the rules after it are asked."""

    why: str


def resolve(target: Target, when: When, lead: LeadFacts, partners: Partners, pools: Mapping[str, Pool]) -> Outcome | Open:
    """Where the target leads. What is a matter of right rather than of choice is never passed on to others.

    The partner that an account is named for, and the vendor's owner of an opportunity, have the lead or nobody has it: where
    they cannot take it, it waits in the queue ``unassigned``, with the reason.
    """
    if why := _forbidden(target, lead):
        return Open(why)
    match target.aim:
        case Aim.PARTNER:
            return _partner(target, when, lead, partners)
        case Aim.PARTNERS:
            return _protected(target, lead, partners)
        case Aim.POOL:
            pool = pools[target.name]
            kind = "shark_tank" if pool.is_tank else "round_robin"
            return Outcome(Aim.POOL, kind, pool=pool.code, reason=target.reason, alert=target.alert, terms=pool.terms)
        case Aim.USER:
            return _user(target, lead)
        case Aim.QUEUE:
            return Outcome(Aim.QUEUE, queue=target.name, reason=target.reason, alert=target.alert)
    return Outcome(Aim.STOP, reason=target.reason, alert=target.alert)


def without_rule(lead: LeadFacts, partners: Partners) -> Outcome:
    """Where a lead goes that no rule matched."""
    if lead.match_class == "competitor":
        return Outcome(Aim.STOP, reason="competitor", alert=CHANNEL)
    found = resolve(Target(Aim.PARTNER, "source", reason="brought_by_partner"), When(), lead, partners, {})
    return found if isinstance(found, Outcome) else waiting("no_rule")


def waiting(reason: str) -> Outcome:
    """For a person to decide."""
    return Outcome(Aim.QUEUE, queue=UNASSIGNED, reason=reason, alert=CHANNEL)


def _forbidden(target: Target, lead: LeadFacts) -> str | None:
    """Why the lead may not go that way whatever the rules say."""
    if target.aim not in (Aim.PARTNER, Aim.PARTNERS, Aim.POOL):
        return None
    if lead.match_class == "competitor":
        return "a competitor's lead goes to no partner"
    if lead.values.get("source_kind") == "partner" and target.name != "source":
        return "a partner brought it, and it is not given to others"
    return None


def _partner(target: Target, when: When, lead: LeadFacts, partners: Partners) -> Outcome | Open:
    id = _who(target, lead, partners)
    if id is None:
        return Open(_NOBODY.get(target.name, f"no partner is called {target.name}"))
    why = barred(partners[id], lead) if id in partners else f"partner {id} is not there"
    by_right = target.name == "named_account" and not target.by_name
    if why:
        return waiting(f"named_account: {why}") if by_right else Open(str(why))
    user = next((p.user for p in lead.standing if p.partner == id), None) if by_right else None
    reason = target.reason or (lead.standing[0].reason if by_right else "")
    return Outcome(Aim.PARTNER, _kind(target, when), (id,), user, reason=reason, alert=target.alert, terms=target.terms)


_NOBODY = {
    "named_account": "the account is not named for one partner alone",
    "owner": "no partner has the account",
    "requested": "the company asked for no partner",
    "source": "no partner brought it",
}


def _who(target: Target, lead: LeadFacts, partners: Partners) -> str | None:
    """The id of the partner that a target names."""
    if target.by_name:
        name = target.name.casefold()
        return next((p.id for p in partners.values() if p.name.casefold() == name), None)
    match target.name:
        case "named_account":
            return lead.protected_for[0] if lead.protection == "exclusive" else None
        case "owner":
            return lead.account.partner if lead.account else None
        case "requested":
            return lead.values.get("requested_partner_id")
    return lead.values.get("sourced_by_partner_id")


def _kind(target: Target, when: When) -> str:
    """What kind of assignment it makes."""
    kinds = {"named_account": "named_account", "owner": "existing_owner"}
    if not target.by_name and target.name in kinds:
        return kinds[target.name]
    return "territory" if any(c.fact == TERRITORY for c in when.conditions) else "manual"


def _protected(target: Target, lead: LeadFacts, partners: Partners) -> Outcome | Open:
    """All partners that the account is pinned to; they alone."""
    if not lead.standing:
        return Open("the account is named for no partner")
    reasons = {id: barred(partners[id], lead) if id in partners else f"partner {id} is not there" for id in lead.protected_for}
    able = tuple(id for id, why in reasons.items() if not why)
    if not able:
        return waiting(f"named_account: {'; '.join(str(why) for why in reasons.values())}")
    reason = target.reason or lead.standing[0].reason
    return Outcome(Aim.PARTNERS, "named_account", able, reason=reason, alert=target.alert, terms=target.terms)


def _user(target: Target, lead: LeadFacts) -> Outcome | Open:
    if target.by_name:
        return Outcome(Aim.USER, "internal", email=target.name, reason=target.reason, alert=target.alert)
    account = lead.account
    if account is None:
        return Open("it was matched to no account")
    if target.name == "account":
        owner = account.owner
    elif account.opportunities:
        owner = next((o.owner for o in account.opportunities if o.owner), None)
    else:
        return Open("the account has no open opportunity")
    if owner is None:
        return waiting(f"no_owner: nobody owns the {target.name}")
    kind = "account_based_opportunity" if target.name == "opportunity" else "internal"
    return Outcome(Aim.USER, kind, user=owner, reason=target.reason, alert=target.alert)
