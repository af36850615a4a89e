"""What the vendor's people do about leads that are distributed: give, extend, withdraw, clear an exclusion, qualify."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from centri.engine.acts import Act, Row, acting
from centri.engine.assignment_acts import forget, live, offers, recycle, tell_partner, times_of
from centri.engine.distribution import Hand, hand_out
from centri.engine.project import Project
from centri.engine.routing_effects import carry_out
from centri.errors import Rejected
from centri.partners.facts import PartnerFacts
from centri.partners.lifecycle import LEAD, LIVE
from centri.partners.placement import Distribution
from centri.partners.routing import Decision, placed
from centri.partners.tank import Offer, withdrawn
from centri.partners.targets import Aim, Outcome
from centri.partners.timers import on_extend
from centri.store import audit, routing_facts
from centri.store.prm_tables import lead_assignment, lead_exclusion, partner_user

_CHANNEL = "channel_manager"


def give(
    project: Project,
    lead_id: str,
    actor: str | None = None,
    *,
    partner: str | None = None,
    rep: str | None = None,
    pool: str | None = None,
) -> None:
    """Give a lead that nobody holds to a partner (by id or name), to one of a partner's people (by e-mail), or to a pool.

    Raises Rejected where somebody holds it, or whoever is named cannot have it.
    """
    with acting(project, "lead assign", actor) as act:
        act.only_vendor(_CHANNEL)
        lead = _free(act, lead_id)
        partners = routing_facts.partners(act.conn, act.now)
        if pool:
            _into(project, act, lead, partners, pool)
            return
        user = _rep(act, rep) if rep else None
        found = partners[user["partner_account_id"]] if user else _partner(partners, partner or "")
        barred = routing_facts.exclusions(act.conn, [lead_id]).get(lead_id, {})
        if found.status != "active" or found.away or found.id in barred:
            why = found.away or (
                f"is excluded from this lead ({barred[found.id]})" if found.id in barred else f"is {found.status}"
            )
            raise Rejected("not_assignable", f"{found.name} {why}; `centri lead clear` takes an exclusion away")
        hand = Hand(lead, "manual", (found.id,), partner_user=user["id"] if user else None)
        hand_out(act.conn, [hand], partners, now=act.now, cause=_cause(project, act), channel=act.channel)


def extend(project: Project, lead_id: str, until: datetime, actor: str | None = None) -> None:
    """Move the deadline that is running for a lead. Raises Rejected where none is, or ``until`` is not after it."""
    with acting(project, "lead extend", actor) as act:
        act.only_vendor(_CHANNEL)
        act.row("lead", lead_id)
        assignment = live(act, lead_id)
        act.change("lead_assignment", assignment["id"], on_extend(times_of(assignment), until, act.now))


def withdraw(project: Project, lead_id: str, reason: str, actor: str | None = None) -> None:
    """Take a lead back from whoever holds it or is asked; it is given anew. Raises Rejected without a reason."""
    if not reason.strip():
        raise Rejected("validation", "say why the lead is withdrawn: --reason TEXT")
    with acting(project, "lead withdraw", actor) as act:
        act.only_vendor(_CHANNEL)
        lead = act.row("lead", lead_id)
        take_back(act, lead, live(act, lead_id), reason)


def take_back(act: Act, lead: Row, assignment: Row, reason: str) -> None:
    """End an assignment that is running: offers are withdrawn, nobody of the partners sees the lead, and they are told."""
    asked = offers(act, assignment)
    for id, state in withdrawn([Offer(row["id"], row["partner_account_id"], row["state"]) for row in asked]).offers.items():
        act.change("lead_offer", id, {"state": state, "reason": reason})
    act.change("lead_assignment", assignment["id"], {"state": "withdrawn", "ended_at": act.now, "end_reason": reason})
    partners = {assignment["partner_account_id"], *(row["partner_account_id"] for row in asked)} - {None}
    for partner in sorted(partners):
        tell_partner(act, "lead_withdrawn", assignment, lead, partner, reason=reason)
        forget(act, lead["id"], partner)
    recycle(act, lead, assignment, reason)


def clear_exclusion(project: Project, lead_id: str, partner: str, actor: str | None = None) -> None:
    """Let a partner be asked about a lead again. Raises Rejected where it is not barred."""
    with acting(project, "lead clear", actor) as act:
        act.only_vendor(_CHANNEL)
        found = _partner(routing_facts.partners(act.conn, act.now), partner)
        t = lead_exclusion.c
        mine = (t.lead_id == lead_id, t.partner_account_id == found.id, t.cleared_at.is_(None))
        barred = act.conn.execute(select(t.id).where(*mine)).scalar()
        if barred is None:
            raise Rejected("validation", f"{found.name} is not excluded from the lead {lead_id}")
        act.change("lead_exclusion", barred, {"cleared_at": act.now, "cleared_by": act.actor})


def qualify(project: Project, lead_id: str, actor: str | None = None) -> None:
    """Whoever of the vendor has a lead finds it good enough for a partner: the rules are asked again. Raises Rejected."""
    with acting(project, "lead qualify", actor) as act:
        act.only_vendor(_CHANNEL, "isr", "ae")
        lead = act.row("lead", lead_id)
        t = lead_assignment.c
        mine = act.conn.execute(
            select(t.id).where(t.lead_id == lead_id, t.state.in_(LIVE), t.vendor_user_id.is_not(None))
        ).scalar()
        if mine:
            ended = {"state": "completed", "ended_at": act.now, "end_reason": "qualified"}
            act.change("lead_assignment", mine, ended)
        moved: dict[str, Any] = {"qualification": "sql"}
        if mine and "recycled" in LEAD.following(lead["state"]):
            moved |= {"state": "recycled", "state_reason": "qualified"}
        act.change("lead", lead_id, moved)


def _free(act: Act, lead_id: str) -> Row:
    """A lead that may be given to somebody, as it is now."""
    lead = act.row("lead", lead_id)
    t = lead_assignment.c
    held = act.conn.execute(select(t.id).where(t.lead_id == lead_id, t.state.in_(LIVE))).scalar()
    if held:
        raise Rejected("illegal_transition", "somebody holds the lead or is asked; take it back first: centri lead withdraw")
    if lead["state"] not in ("ready", "recycled"):
        raise Rejected("illegal_transition", f"a lead that is {lead['state'].replace('_', ' ')} is given to nobody")
    return lead


def _into(project: Project, act: Act, lead: Row, partners: Mapping[str, PartnerFacts], pool: str) -> None:
    routing = project.mapping.routing
    if pool not in routing.pools:
        known = ", ".join(routing.pools) or "none"
        raise Rejected("validation", f"no pool is called {pool!r}; the mapping has: {known}")
    facts, territories = placed(routing, routing_facts.leads(act.conn, [lead], act.now)[lead["id"]])
    outcome = Outcome(Aim.POOL, pool=pool, reason=f"by {act.actor}", terms=routing.pools[pool].terms)
    remembered = routing_facts.turns_of(act.conn, lock=True)
    shared = Distribution(routing, partners, remembered)
    placement = shared.place(Decision(facts, None, None, outcome, (), territories), act.now)
    if not placement.partners:
        raise Rejected("not_assignable", f"the pool {pool} has nobody for this lead: {placement.tried}")
    carry_out(act.conn, project, [(lead, placement)], shared, _cause(project, act))


def _cause(project: Project, act: Act) -> audit.Cause:
    return audit.Cause(act.actor, "command", act.name, "vendor_user" if act.vendor else "engine", project.mapping.sha)


def _partner(partners: Mapping[str, PartnerFacts], named: str) -> PartnerFacts:
    found = [p for p in partners.values() if p.id == named or p.name.casefold() == named.casefold()]
    if len(found) != 1:
        raise Rejected("validation", f"{'several partners are' if found else 'no partner is'} called {named!r}; give the id")
    return found[0]


def _rep(act: Act, email: str) -> Row:
    t = partner_user.c
    mine = (func.lower(t.email) == email.lower(), t.status == "active", t.deleted_at.is_(None))
    found = act.conn.execute(select(partner_user).where(*mine)).mappings().first()
    if found is None:
        raise Rejected("validation", f"{email} is no active user of a partner")
    return dict(found)
