"""What happens because time has passed: offers lapse, idle leads are pulled back, deadlines are reminded of, deals expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from centri.engine.acts import Act, Row, acting
from centri.engine.assignment_acts import exclude, forget, offers, recycle, tell_partner, terms_in, terms_of, times_of
from centri.engine.deal_closing import expire_deals
from centri.engine.notices import channel_managers, notify
from centri.engine.project import Project
from centri.engine.routing import route_leads
from centri.partners.tank import Offer, lapsed
from centri.partners.timers import Due, Timer, Times, due
from centri.store import prm_tables
from centri.store.database import read
from centri.store.partner_tables import notification, routing_decision
from centri.store.prm_tables import lead_assignment, partner_account

_AHEAD = timedelta(days=14)
"""Reminders come at most so long before a deadline."""

_RUNNING = ("offered", "accepted")
_REMINDER = "lead_reminder"
_A, _L, _P = lead_assignment.c, prm_tables.lead.c, partner_account.c


@dataclass
class Ticked:
    """How many offers lapsed, leads were pulled back, deadlines reminded of, deals expired; how many leads were given anew."""

    expired: int = 0
    pulled_back: int = 0
    reminded: int = 0
    deals_expired: int = 0
    routed: int = 0

    @property
    def ended(self) -> int:
        return self.expired + self.pulled_back


def tick(project: Project) -> Ticked:
    """Do all that is due by now, each lead in a transaction of its own; those that came free are routed anew."""
    done = Ticked()
    for assignment, lead, _ in _due(project):
        with acting(project, "tick", None, cause="timer") as act:
            _look(act, assignment, lead, done)
    done.deals_expired = expire_deals(project)
    if done.ended and project.mapping.routing.rule_sets:
        done.routed = route_leads(project).leads
    return done


def due_now(project: Project) -> list[str]:
    """What a tick would do about leads, a key for each: deadlines that are over, and reminders that nobody has had."""
    return [f"{assignment}:{one.key}" for assignment, _, ones in _due(project) for one in ones]


def _due(project: Project) -> list[tuple[str, str, list[Due]]]:
    """Assignments about which something is due, with their leads; two queries, however many are running."""
    now = project.now()
    with read(project.engine) as conn:
        running = [dict(row) for row in conn.execute(_running(now)).mappings()]
        told = _reminded(conn, [row["id"] for row in running])
    found = []
    for row in running:
        ones = [one for one in due(_times(row), terms_in(row["outcome"]), now) if f"{row['id']}:{one.key}" not in told]
        if ones:
            found.append((row["id"], row["lead_id"], ones))
    return found


def _running(now: datetime) -> Select[Any]:
    """Assignments with a deadline that is over or near, or that wait for the answer that a partner promised."""
    near = now + _AHEAD
    unanswered = or_(_L.first_response_at.is_(None), _L.first_response_at < _A.accepted_at)
    promised = and_(_A.state == "accepted", _P.response_sla_hours.is_not(None), unanswered)
    return (
        select(
            *(_A[name] for name in ("id", "lead_id", "state", "offered_at", "accept_by", "accepted_at", "qualify_by")),
            _L.first_response_at,
            _P.response_sla_hours,
            routing_decision.c.outcome,
        )
        .join(prm_tables.lead, _L.id == _A.lead_id)
        .outerjoin(partner_account, _P.id == _A.partner_account_id)
        .outerjoin(routing_decision, routing_decision.c.id == _A.decision_id)
        .where(_A.state.in_(_RUNNING), or_(_A.accept_by < near, _A.qualify_by < near, promised))
        .order_by(_A.accept_by, _A.qualify_by, _A.id)
    )


def _reminded(conn: Connection, ids: Sequence[str]) -> set[str]:
    """The reminders that somebody has had, each as assignment and :attr:`Due.key`."""
    t = notification.c
    leads = select(_A.lead_id).where(_A.id.in_(ids))
    keys = conn.execute(select(t.dedupe_key).where(t.kind == _REMINDER, t.subject_id.in_(leads))).scalars() if ids else ()
    return {key.removeprefix(f"{_REMINDER}:").rpartition(":")[0] for key in keys}


def _times(row: Row) -> Times:
    """An assignment's times, with what the partner promised and whether anything was done since it accepted."""
    first, accepted = row["first_response_at"], row["accepted_at"]
    answered = first if first and accepted and first >= accepted else None
    hours = row["response_sla_hours"]
    return replace(times_of(row), first_response_at=answered, response_within=timedelta(hours=hours) if hours else None)


def _look(act: Act, assignment_id: str, lead_id: str, done: Ticked) -> None:
    """Unless somebody acted meanwhile: the rows are read again, and nobody else changes them."""
    lead, assignment = act.row("lead", lead_id), act.row("lead_assignment", assignment_id)
    hours = act.conn.execute(select(_P.response_sla_hours).where(_P.id == assignment["partner_account_id"])).scalar()
    now = {**assignment, "first_response_at": lead["first_response_at"], "response_sla_hours": hours}
    for one in due(_times(now), terms_of(act, assignment), act.now):
        _DO[one.timer](act, assignment, lead, one, done)


def _expire(act: Act, assignment: Row, lead: Row, one: Due, done: Ticked) -> None:
    """Partners that let it lapse are not asked about this lead again, where the terms say so."""
    asked = offers(act, assignment)
    bars = "accept_timeout" in terms_of(act, assignment).exclude_on
    for id, state in lapsed([Offer(row["id"], row["partner_account_id"], row["state"]) for row in asked]).offers.items():
        act.change("lead_offer", id, {"state": state})
    for offer in asked:
        partner = offer["partner_account_id"]
        if bars:
            exclude(act, lead["id"], partner, "accept_timeout")
        forget(act, lead["id"], partner)
        tell_partner(act, "lead_expired", assignment, lead, partner)
    _end(act, assignment, lead, "expired", "not accepted in time")
    _tell_vendor(act, "lead_expired", assignment, lead)
    done.expired += 1


def _pull_back(act: Act, assignment: Row, lead: Row, one: Due, done: Ticked) -> None:
    partner = assignment["partner_account_id"]
    if "retain_timeout" in terms_of(act, assignment).exclude_on:
        exclude(act, lead["id"], partner, "retain_timeout")
    tell_partner(act, "lead_pulled_back", assignment, lead, partner)
    forget(act, lead["id"], partner)
    _end(act, assignment, lead, "pulled_back", "not worked on in time")
    _tell_vendor(act, "lead_pulled_back", assignment, lead)
    done.pulled_back += 1


def _remind(act: Act, assignment: Row, lead: Row, one: Due, done: Ticked) -> None:
    """Of an offer all who have not answered, else whoever has the lead; each reminder is told once."""
    partners = [offer["partner_account_id"] for offer in offers(act, assignment)] or [assignment["partner_account_id"]]
    running = {"accept_by": None, "qualify_by": None} | {_DEADLINE[one.of or one.timer]: one.deadline}
    for partner in partners:
        if partner:
            tell_partner(act, _REMINDER, {**assignment, **running}, lead, partner, key=f"{assignment['id']}:{one.key}")
    done.reminded += 1


def _end(act: Act, assignment: Row, lead: Row, state: str, reason: str) -> None:
    act.change("lead_assignment", assignment["id"], {"state": state, "ended_at": act.now, "end_reason": reason})
    recycle(act, lead, assignment, reason)


def _tell_vendor(act: Act, kind: str, assignment: Row, lead: Row) -> None:
    partner = assignment["partner_account_id"]
    name = act.conn.execute(select(partner_account.c.name).where(partner_account.c.id == partner)).scalar()
    key = f"{lead['id']}:{assignment['seq']}"
    notify(act, kind, key, channel_managers(act, partner), {**lead, "partner": name}, ("lead", lead["id"]))


_DEADLINE: Mapping[Timer, str] = {Timer.ACCEPT: "accept_by", Timer.RETAIN: "qualify_by", Timer.RESPONSE: "qualify_by"}

_DO: Mapping[Timer, Callable[[Act, Row, Row, Due, Ticked], None]] = {
    Timer.ACCEPT: _expire,
    Timer.RETAIN: _pull_back,
    Timer.REMINDER: _remind,
    Timer.RESPONSE: _remind,
}
