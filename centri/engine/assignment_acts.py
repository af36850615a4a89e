"""What becomes of a lead that was offered to a partner: accepted, declined, given to a rep, worked on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from centri.engine.acts import Act, Row, acting
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners.lifecycle import LEAD
from centri.store.prm_tables import activity, lead_assignment, lead_exclusion, lead_offer, partner_user

QUALIFY_WITHIN = timedelta(days=5)
"""How long a partner that accepted has to show that it works on the lead (section 4.0 of the domain's stories)."""

QUALIFYING = frozenset({"contact_established", "tactic_executed"})
"""The activities that show it; converting the lead does too."""

LIVE = ("offered", "accepted", "retained")
"""The states in which a partner holds a lead or is asked."""

_OPEN = ("offered", "viewed")


def accept(project: Project, lead_id: str, actor: str | None = None) -> None:
    """The actor's partner takes the lead that it was offered; other partners' offers lapse.

    Raises Rejected where it was not offered it, or the offer is over.
    """
    with acting(project, "lead accept", actor) as act:
        act.row("lead", lead_id)
        assignment = live(act, lead_id)
        offer = _own_offer(act, assignment)
        if assignment["accept_by"] and act.now > assignment["accept_by"]:
            raise Rejected("illegal_transition", f"the offer ended at {assignment['accept_by']:%Y-%m-%d %H:%M} UTC")
        act.change("lead_offer", offer["id"], {"state": "accepted", "responded_at": act.now})
        for other in offers(act, assignment):
            act.change("lead_offer", other["id"], {"state": "lost_race"})
        won = {"state": "accepted", "partner_account_id": offer["partner_account_id"]}
        times = {"accepted_at": act.now, "qualify_by": act.now + QUALIFY_WITHIN}
        act.change("lead_assignment", assignment["id"], won | times)


def decline(project: Project, lead_id: str, actor: str | None = None, reason: str = "") -> None:
    """The actor's partner does not want the lead, and is not asked about it again.

    Once nobody is left to answer, the lead goes back to be given to another. Raises Rejected where it was not offered it.
    """
    with acting(project, "lead decline", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = live(act, lead_id)
        offer = _own_offer(act, assignment)
        act.change("lead_offer", offer["id"], {"state": "declined", "responded_at": act.now, "reason": reason or None})
        exclude(act, lead_id, offer["partner_account_id"], "declined")
        if not offers(act, assignment):
            ended = {"state": "declined", "ended_at": act.now, "end_reason": reason or "declined"}
            act.change("lead_assignment", assignment["id"], ended)
            recycle(act, lead, reason or "declined by the partner")


def assign_rep(project: Project, lead_id: str, actor: str | None, rep: str) -> None:
    """Give an accepted lead to one of the partner's own users, by e-mail address. Raises Rejected."""
    with acting(project, "lead assign", actor) as act:
        act.row("lead", lead_id)
        assignment = held(act, lead_id)
        user = _colleague(act, assignment["partner_account_id"], rep)
        act.change("lead_assignment", assignment["id"], {"partner_user_id": user["id"]})


def log_activity(project: Project, lead_id: str, actor: str | None, kind: str, outcome: str | None = None) -> None:
    """Write down what was done about a lead; the first qualifying activity lets the partner keep it. Raises Rejected."""
    with acting(project, "lead activity", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = held(act, lead_id)
        _known_kind(kind)
        who = {"actor_type": "partner_user" if act.user else "engine", "actor_id": act.user["id"] if act.user else None}
        about = {"subject_type": "lead", "subject_id": lead_id, "kind": kind, "occurred_at": act.now, "outcome": outcome}
        act.add("activity", about | who)
        if kind in QUALIFYING and assignment["state"] == "accepted":
            act.change("lead_assignment", assignment["id"], {"state": "retained", "retained_at": act.now})
        moved: dict[str, Any] = {"last_activity_at": act.now, "first_response_at": lead["first_response_at"] or act.now}
        if lead["state"] == "assigned":
            moved["state"] = "working"
        act.change("lead", lead_id, moved)


def live(act: Act, lead_id: str) -> Row:
    """The assignment by which a partner holds the lead or is offered it. Raises Rejected where there is none."""
    t = lead_assignment.c
    found = act.conn.execute(select(t.id).where(t.lead_id == lead_id, t.state.in_(LIVE))).scalar()
    if found is None:
        raise Rejected("illegal_transition", "no partner holds this lead, and it is on offer to none")
    return act.row("lead_assignment", found)


def held(act: Act, lead_id: str) -> Row:
    """The assignment by which the actor's partner holds the lead. Raises Rejected."""
    assignment = live(act, lead_id)
    if assignment["state"] == "offered":
        raise Rejected("illegal_transition", "the lead is only on offer; accept it first")
    act.only_for(assignment["partner_account_id"])
    return assignment


def offers(act: Act, assignment: Row) -> list[Row]:
    """The offers of an assignment that are still to be answered, best first."""
    t = lead_offer.c
    query = select(lead_offer).where(t.assignment_id == assignment["id"], t.state.in_(_OPEN)).order_by(t.rank, t.id)
    return [dict(row) for row in act.conn.execute(query).mappings()]


def exclude(act: Act, lead_id: str, partner_id: str, reason: str) -> None:
    """Bar a partner from a lead until somebody clears it."""
    t = lead_exclusion.c
    known = act.conn.execute(select(t.id).where(t.lead_id == lead_id, t.partner_account_id == partner_id)).scalar()
    barred = {"reason": reason, "since": act.now, "cleared_at": None, "cleared_by": None}
    if known:
        act.change("lead_exclusion", known, barred)
    else:
        act.add("lead_exclusion", {"lead_id": lead_id, "partner_account_id": partner_id, **barred})


def recycle(act: Act, lead: Row, reason: str) -> None:
    """Hand a lead back to distribution, unless it has gone another way meanwhile."""
    if "recycled" in LEAD.following(lead["state"]):
        act.change("lead", lead["id"], {"state": "recycled", "state_reason": reason})


def _own_offer(act: Act, assignment: Row) -> Row:
    """The open offer that the actor answers; where nobody is named, the only one there is."""
    if assignment["state"] != "offered":
        raise Rejected("illegal_transition", f"the lead is not on offer: it was {assignment['state']}")
    found = offers(act, assignment)
    if act.user:
        found = [offer for offer in found if offer["partner_account_id"] == act.user["partner_account_id"]]
    if len(found) != 1:
        why = "several partners were offered this lead; say who answers" if found else f"{act.actor} was not offered this lead"
        raise Rejected("permission", why)
    return found[0]


def _colleague(act: Act, partner_id: str, email: str) -> Row:
    t = partner_user.c
    query = select(partner_user).where(t.partner_account_id == partner_id, t.status == "active", t.deleted_at.is_(None))
    found = [dict(row) for row in act.conn.execute(query).mappings() if row["email"].lower() == email.lower()]
    if not found:
        raise Rejected("validation", f"{email} is no active user of the partner that holds this lead")
    return found[0]


def _known_kind(kind: str) -> None:
    choices = activity.c.kind.info["choices"]
    if kind not in choices:
        raise Rejected("validation", f"no activity is called {kind!r}; there are {', '.join(choices)}")
