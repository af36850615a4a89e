"""A partner registers a deal: written down, submitted, completed and submitted again, or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, select

from centri.engine import deal_rows, entries, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.assignment_acts import held
from centri.engine.deal_candidates import find_candidates
from centri.engine.deal_reviews import approve_by_rule
from centri.engine.opportunity_reviews import program_of
from centri.engine.program_acts import partner_called, program_called, require_enrolled
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners import deals
from centri.store.partner_tables import deal_registration
from centri.store.prm_tables import account, contact, lead

_OF_OPPORTUNITY = ("account_id", "product_family", "amount", "currency", "close_date")
_OF_LEAD = ("current_situation", "timeframe")


def create_deal(
    project: Project,
    actor: str | None,
    values: Mapping[str, Any],
    *,
    program: str | None = None,
    partner: str | None = None,
    opportunity: str | None = None,
    lead: str | None = None,
) -> str:
    """A draft of a registration; answers its id. Raises Rejected.

    ``values`` are those of :data:`centri.engine.entries.DEAL`. What an ``opportunity`` or a ``lead`` of the partner's knows is
    carried over, so that only what is missing, or differs, need be given. Without a ``program`` it is the one that the partner
    has joined. ``partner`` says for whom somebody of the vendor acts.
    """
    entered = entries.deal(values)
    with acting(project, "deal create", actor) as act:
        known = _of_opportunity(act, opportunity) if opportunity else _of_lead(act, lead) if lead else {}
        whose = _partner(act, partner, known)
        chosen = program_called(act.conn, program) if program else _joined(act, whose)
        require_enrolled(act, chosen, whose)
        new = {**known, "partner_account_id": whose, "program_id": chosen["id"], "submitted_by": act.actor, "state": "draft"}
        added = act.add("deal_registration", {"number": deal_rows.no_number(str(uuid4())), **new, **deal_rows.held(entered)})
        deal_rows.own(act, added, whose)
        return added


def update_deal(project: Project, deal: str, actor: str | None, values: Mapping[str, Any]) -> None:
    """New values of a draft, or of a deal that was returned. Raises Rejected for what stands still."""
    entered = entries.deal(values)
    with acting(project, "deal update", actor) as act:
        row = sight.deal(act, deal, to="write")
        deals.require_editable(row, entered)
        act.change("deal_registration", row["id"], deal_rows.held(entered))


def submit_deal(project: Project, deal: str, actor: str | None = None) -> str:
    """Register a draft; answers its number. The partner gets a receipt, the channel manager is told, duplicates are looked for.

    Raises Rejected, saying so, where the partner is not enrolled.
    """
    with acting(project, "deal submit", actor) as act:
        row = sight.deal(act, deal, to="write")
        if row["state"] != "draft":
            why = f"the deal is {row['state'].replace('_', ' ')}; only a draft is submitted"
            raise Rejected("illegal_transition", f"{why}, and `centri deal resubmit` submits once more")
        number = deal_rows.next_number(act)
        _enter(project, act, row, {"number": number, "submitted_by": act.actor})
    _look(project, row["id"])
    return number


def resubmit_deal(project: Project, deal: str, actor: str | None = None, values: Mapping[str, Any] | None = None) -> str:
    """Submit a deal once more, with new values: a returned one as its next revision, a rejected or expired one as a new row.

    Answers the id of the row that is submitted. Raises Rejected.
    """
    entered = entries.deal(values or {})
    with acting(project, "deal resubmit", actor) as act:
        row = sight.deal(act, deal, to="write")
        id = str(row["id"])
        deals.require_resubmittable(deal_rows.program_of(act, row), row)
        deal_rows.next_number(act)  # for its lock: two at once would make the same revision
        row = act.row("deal_registration", id)
        if row["state"] == "returned":
            deals.require_editable(row, entered)
            act.change("deal_registration", id, deal_rows.held(entered) | {"revision_no": row["revision_no"] + 1})
        else:
            id = _anew(act, row, entered)
        _enter(project, act, act.row("deal_registration", id), {"submitted_by": act.actor})
    _look(project, id)
    return id


def withdraw_deal(project: Project, deal: str, actor: str | None = None) -> None:
    """Take a registration back before it is decided. Raises Rejected."""
    with acting(project, "deal withdraw", actor) as act:
        row = sight.deal(act, deal, to="write")
        act.change("deal_registration", row["id"], {"state": "withdrawn", "closed_at": act.now})


def _enter(project: Project, act: Act, row: Row, values: Row) -> None:
    """The deal before the vendor: its account found, its time set, everybody told."""
    program = deal_rows.program_of(act, row)
    require_enrolled(act, program, row["partner_account_id"])
    if not (row["account_id"] or row["account_name"]):
        raise Rejected("missing_required", "say which account the deal is with: --account NAME", fields=("account_name",))
    account_id = row["account_id"] or deal_rows.matched_account(project, row)
    contested = deals.is_contested({**row, "account_id": account_id}, deal_rows.of_account(act, account_id))
    due = {"submitted_at": act.now, "response_due_at": deals.response_due(program, act.now)}
    decided = dict.fromkeys(("decision_code", "decision_text", "reviewed_at", "reviewer_id"))
    new = {**values, **due, **decided, "account_id": account_id, "conflict": contested}
    act.change("deal_registration", row["id"], {**new, "state": "submitted"})
    entered = {**row, **new}
    deal_rows.tell(act, "deal_received", entered, deal_rows.whom(act, entered))
    deal_rows.tell_vendor(act, "deal_submitted", entered)
    if contested:
        deal_rows.tell_vendor(act, "deal_conflict", entered)


def _look(project: Project, deal_id: str) -> None:
    """What the deal may be a duplicate of; and where the programme leaves nothing to decide, its approval."""
    find_candidates(project, deal_id)
    approve_by_rule(project, deal_id)


def _anew(act: Act, row: Row, entered: Mapping[str, Any]) -> str:
    """A new row for a deal that was rejected or has expired, under the same number."""
    following = select(deal_registration.c.id).where(deal_registration.c.previous_id == row["id"])
    if act.conn.execute(following).first():
        raise Rejected("illegal_transition", f"revision {row['revision_no']} of {row['number']} was submitted again already")
    kept = ("number", "program_id", "partner_account_id", "lead_id", "opportunity_id", "contact_id", *deals.ENTERED)
    values = {name: row[name] for name in kept} | deal_rows.held(entered)
    same = entered.get("account_name", row["account_name"]) == row["account_name"]
    again = {"revision_no": row["revision_no"] + 1, "previous_id": row["id"], "account_id": row["account_id"] if same else None}
    id = act.add("deal_registration", {**values, **again, "submitted_by": act.actor, "state": "submitted"})
    deal_rows.own(act, id, row["partner_account_id"])
    return id


def _partner(act: Act, named: str | None, known: Row) -> str:
    """The partner that registers: the actor's own, or the one that is named, or the one whose opportunity or lead it is."""
    if act.user:
        return str(act.user["partner_account_id"])
    if named:
        return str(partner_called(act.conn, named)["id"])
    if known.get("partner_account_id"):
        return str(known["partner_account_id"])
    raise Rejected("validation", "say which partner registers the deal, with --partner, or act as one of its people with --as")


def _joined(act: Act, partner: str) -> Row:
    if found := program_of(act, partner):
        return found
    raise Rejected("permission", "the partner is not enrolled in a programme that registers deals; a channel manager enrolls it")


def _of_opportunity(act: Act, id: str) -> dict[str, Any]:
    """Everything that a partner's opportunity knows, as a deal's."""
    row = sight.seen(act, "opportunity", id, to="write")
    if row["stage_category"] != "open":
        raise Rejected("illegal_transition", f"the opportunity is {row['stage_category']}")
    if row["registered_partner_id"]:
        raise Rejected("illegal_transition", "the opportunity is registered already")
    source = _row(act, lead, row["originating_lead_id"])
    found = {name: row[name] for name in _OF_OPPORTUNITY} | {name: source.get(name) for name in _OF_LEAD}
    found |= _person(act, row["primary_contact_id"], source)
    found |= {"account_name": _row(act, account, row["account_id"]).get("name"), "opportunity_id": id}
    return found | {"lead_id": row["originating_lead_id"], "partner_account_id": row["partner_account_id"]}


def _of_lead(act: Act, id: str) -> dict[str, Any]:
    """Everything that a lead knows that the partner works on, as a deal's."""
    assignment, row = held(act, id), act.row("lead", id)
    interest: Sequence[str] = row["product_interest"] or ()
    found = {name: row[name] for name in _OF_LEAD} | _person(act, None, row)
    found |= {"account_id": row["matched_account_id"] if row["match_class"] != "review" else None, "account_name": row["company"]}
    found |= {"product_family": interest[0] if len(interest) == 1 else None, "lead_id": id}
    return found | {"partner_account_id": assignment["partner_account_id"]}


def _person(act: Act, contact_id: str | None, source: Row) -> dict[str, Any]:
    person = _row(act, contact, contact_id) or source
    name = " ".join(filter(None, (person.get("first_name"), person.get("last_name"))))
    return {"contact_id": contact_id, "contact_name": name or None, "contact_email": person.get("email")}


def _row(act: Act, table: Table, id: str | None) -> Row:
    found = act.conn.execute(select(table).where(table.c.id == id)).mappings().first() if id else None
    return dict(found) if found else {}
