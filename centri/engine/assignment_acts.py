"""What becomes of a lead that was offered to a partner: accepted, declined, given to a rep, worked on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from centri.engine import sight
from centri.engine.acts import Act, Row, acting
from centri.engine.notices import channel_managers, notify, partner_people
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners.lifecycle import LEAD, LIVE
from centri.partners.tank import Offer, accepted, declined
from centri.partners.terms import USUAL, Terms
from centri.partners.timers import Times, on_accept, retains
from centri.store import access
from centri.store.access import Grant
from centri.store.partner_tables import routing_decision
from centri.store.prm_tables import activity, lead_assignment, lead_exclusion, lead_offer, partner_user

_OPEN = ("offered", "viewed")


def accept(project: Project, lead_id: str, actor: str | None = None) -> None:
    """The actor's partner takes the lead that it was offered; other partners' offers lapse, and they are told.

    Raises Rejected where it was not offered it, or the offer is over.
    """
    with acting(project, "lead accept", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = live(act, lead_id)
        offer = _own_offer(act, assignment)
        mine = offer["partner_account_id"]
        times = on_accept(times_of(assignment), terms_of(act, assignment), act.now)
        asked = offers(act, assignment)
        answered = accepted([Offer(row["id"], row["partner_account_id"], row["state"]) for row in asked], mine)
        act.change("lead_assignment", assignment["id"], {"state": "accepted", "partner_account_id": mine, **times})
        for id, state in answered.offers.items():
            act.change("lead_offer", id, {"state": state} | ({"responded_at": act.now} if id == offer["id"] else {}))
        act.change("lead", lead_id, {"target_partner_id": mine})
        _owns(act, lead_id, mine)
        for other in (row["partner_account_id"] for row in asked if row["id"] != offer["id"]):
            tell_partner(act, "lead_lost_race", assignment, lead, other)


def decline(project: Project, lead_id: str, actor: str | None = None, reason: str = "") -> None:
    """The actor's partner does not want the lead, and is not asked about it again.

    Once nobody is left to answer, the lead goes back to be given to another. Raises Rejected where it was not offered it.
    """
    with acting(project, "lead decline", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = live(act, lead_id)
        offer = _own_offer(act, assignment)
        mine = offer["partner_account_id"]
        asked = [Offer(row["id"], row["partner_account_id"], row["state"]) for row in offers(act, assignment)]
        answered = declined(asked, mine)
        act.change("lead_offer", offer["id"], {"state": "declined", "responded_at": act.now, "reason": reason or None})
        if "declined" in terms_of(act, assignment).exclude_on:
            exclude(act, lead_id, mine, "declined")
        forget(act, lead_id, mine)
        told = {**lead, "partner": _name(act, mine), "reason": reason}
        key = f"{lead_id}:{assignment['seq']}:{mine}"
        notify(act, "lead_declined", key, channel_managers(act, mine), told, ("lead", lead_id))
        if answered.assignment:
            ended = {"state": answered.assignment, "ended_at": act.now, "end_reason": reason or "declined"}
            act.change("lead_assignment", assignment["id"], ended)
            recycle(act, lead, assignment, reason or "declined by the partner")


def assign_rep(project: Project, lead_id: str, actor: str | None, rep: str) -> None:
    """Give an accepted lead to one of the partner's own users, by e-mail address. Raises Rejected."""
    with acting(project, "lead assign", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = held(act, lead_id)
        if act.user and act.user["role"] != "cpa":
            raise Rejected(
                "permission", f"only an administrator of the partner gives its leads to others, and {act.actor} is none"
            )
        user = _colleague(act, assignment["partner_account_id"], rep)
        before = assignment["partner_user_id"]
        act.change("lead_assignment", assignment["id"], {"partner_user_id": user["id"]})
        _rep_sees(act, lead_id, user["id"], before if before != user["id"] else None)
        key, told = f"{lead_id}:{user['id']}:{act.now:%Y%m%dT%H%M%S}", {**lead, "qualify_by": assignment["qualify_by"]}
        notify(act, "lead_assigned_rep", key, [("partner_user", user["id"])], told, ("lead", lead_id))


def log_activity(project: Project, lead_id: str, actor: str | None, kind: str, outcome: str | None = None) -> None:
    """Write down what was done about a lead; the first qualifying activity lets the partner keep it. Raises Rejected."""
    with acting(project, "lead activity", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = held(act, lead_id)
        _known_kind(kind)
        who = {"actor_type": "partner_user" if act.user else "engine", "actor_id": act.user["id"] if act.user else None}
        about = {"subject_type": "lead", "subject_id": lead_id, "kind": kind, "occurred_at": act.now, "outcome": outcome}
        act.add("activity", about | who)
        if retains(times_of(assignment), terms_of(act, assignment), kind, act.now):
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
    """The assignment by which the actor's partner holds a lead that the actor may write. Raises Rejected."""
    if act.user and access.level(act.conn, act.user, "lead", lead_id) == "offer":
        raise Rejected("illegal_transition", "the lead is only on offer; accept it first")
    sight.seen(act, "lead", lead_id, to="write")
    assignment = live(act, lead_id)
    if assignment["state"] == "offered":
        raise Rejected("illegal_transition", "the lead is only on offer; accept it first")
    return assignment


def terms_of(act: Act, assignment: Row) -> Terms:
    """The terms that the lead was given under, whatever the mapping says by now."""
    t = routing_decision.c
    return terms_in(act.conn.execute(select(t.outcome).where(t.id == assignment["decision_id"])).scalar())


def terms_in(outcome: Row | None) -> Terms:
    """The terms in the outcome of a routing decision; of a lead that was given by hand the usual ones."""
    return Terms.of_json(outcome["terms"]) if outcome and outcome.get("terms") else USUAL


def times_of(assignment: Row) -> Times:
    return Times(*(assignment[name] for name in ("state", "offered_at", "accept_by", "accepted_at", "qualify_by")))


def forget(act: Act, lead_id: str, partner_id: str) -> None:
    """A partner, and its people, no longer see the lead."""
    people = act.conn.execute(select(partner_user.c.id).where(partner_user.c.partner_account_id == partner_id)).scalars()
    principals: list[tuple[access.PrincipalType, str]] = [("partner_account", partner_id)]
    principals += [("partner_user", id) for id in people]
    for principal in principals:
        access.revoke(act.conn, ("lead", lead_id), now=act.now, by=act.actor, principal=principal)


def tell_partner(act: Act, kind: str, assignment: Row, lead: Row, partner_id: str, **more: Any) -> None:
    """Tell a partner's administrators, and whoever of it works on the lead."""
    told = {**lead, "accept_by": assignment["accept_by"], "qualify_by": assignment["qualify_by"], **more}
    people = partner_people(act, partner_id)
    if assignment["partner_user_id"] and assignment["partner_account_id"] == partner_id:
        people = [*people, ("partner_user", assignment["partner_user_id"])]
    key = more.get("key") or f"{lead['id']}:{assignment['seq']}"
    notify(act, kind, key, dict.fromkeys(people), told, ("lead", lead["id"]))


def _owns(act: Act, lead_id: str, partner_id: str) -> None:
    """From now on the lead is this partner's, and whoever took it sees it; others' offers are no longer seen."""
    access.revoke(act.conn, ("lead", lead_id), now=act.now, by=act.actor, reasons=("offer",))
    grants = [Grant("lead", lead_id, "partner_account", partner_id, "write", "owner")]
    if act.user and act.user["role"] == "rep":
        grants.append(Grant("lead", lead_id, "partner_user", act.user["id"], "write", "owner"))
    access.grant(act.conn, grants, now=act.now, by=act.actor)


def _rep_sees(act: Act, lead_id: str, user_id: str, before: str | None) -> None:
    """The rep works on it; whoever had it before goes on seeing it."""
    grants = [Grant("lead", lead_id, "partner_user", user_id, "write", "owner")]
    if before:
        principal: Any = ("partner_user", before)
        access.revoke(act.conn, ("lead", lead_id), now=act.now, by=act.actor, principal=principal, reasons=("owner",))
        grants.append(Grant("lead", lead_id, "partner_user", before, "read", "originator"))
    access.grant(act.conn, grants, now=act.now, by=act.actor)


def _name(act: Act, partner_id: str) -> str:
    return str(act.row("partner_account", partner_id)["name"])


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


def recycle(act: Act, lead: Row, assignment: Row, reason: str) -> None:
    """Hand a lead back to distribution, unless it has gone another way meanwhile.

    A partner that rules or a tank had chosen is named no more; one that a person named stays so until a person names another.
    """
    if "recycled" in LEAD.following(lead["state"]):
        nobody = {} if assignment["kind"] == "manual" else {"target_partner_id": None}
        act.change("lead", lead["id"], {"state": "recycled", "state_reason": reason, **nobody})


def _own_offer(act: Act, assignment: Row) -> Row:
    """The open offer that the actor answers; where nobody is named, the only one there is."""
    t = lead_offer.c
    if act.user:
        mine = (t.assignment_id == assignment["id"], t.partner_account_id == act.user["partner_account_id"])
        found = act.conn.execute(select(lead_offer).where(*mine)).mappings().first()
        if found is None or not _was_asked(act, assignment["lead_id"]):
            raise Rejected("validation", f"there is no lead {assignment['lead_id']}")
        if act.user["role"] == "viewer":
            raise Rejected("permission", f"{act.actor} may look at the partner's leads, but not answer for it")
        if found["state"] == "lost_race":
            raise Rejected("illegal_transition", "the lead is already taken")
        if found["state"] not in _OPEN or assignment["state"] != "offered":
            raise Rejected("illegal_transition", f"the offer is over: it was {found['state']}")
        return dict(found)
    if assignment["state"] != "offered":
        raise Rejected("illegal_transition", f"the lead is not on offer: it was {assignment['state']}")
    asked = offers(act, assignment)
    if len(asked) != 1:
        raise Rejected("permission", "several partners were offered this lead; say who answers with --as")
    return asked[0]


def _was_asked(act: Act, lead_id: str) -> bool:
    """The actor is among those whom an offer to the partner is for: its overseers, and who was named."""
    assert act.user
    return act.user["role"] in access.OVERSEERS or access.level(act.conn, act.user, "lead", lead_id) is not None


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
