"""The rows around a registered deal: its programme, its number, its account as the matcher knows it, whom it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select

from centri.dedupe import identity
from centri.engine import notices, sight
from centri.engine.acts import Act, Row
from centri.engine.match_answers import account_of, explained_values
from centri.engine.project import Project
from centri.store import locks, prm
from centri.store.database import read
from centri.store.partner_tables import deal_registration
from centri.store.prm_tables import account, opportunity, partner_user

_PREFIX = "DR-"
_T = deal_registration.c


def next_number(act: Act) -> str:
    """The number after the last that was given: DR-0001, DR-0002, ... Others wait for theirs until this act is over."""
    locks.one_at_a_time(act.conn, "deals")
    last = select(_T.number).where(_T.number.startswith(_PREFIX)).order_by(func.length(_T.number).desc(), _T.number.desc())
    found = act.conn.execute(last.limit(1)).scalar()
    return f"{_PREFIX}{int(found.removeprefix(_PREFIX)) + 1 if found else 1:04}"


def no_number(id: str) -> str:
    """What stands for the number of a deal that was not submitted yet."""
    return f"draft {id}"


def shown_number(deal: Row) -> str | None:
    """The number, which a draft has none of."""
    return deal["number"] if deal["number"].startswith(_PREFIX) else None


def held(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the form that the columns take."""
    return {name: prm.hold(_T[name], value) for name, value in values.items()}


def own(act: Act, deal_id: str, partner: str) -> None:
    """A partner's deal is for those who entered it, and its administrators."""
    person: list[sight.Given] = [(partner, act.user["id"], "write", "owner")] if act.user else []
    sight.give(act, "deal", deal_id, *person, (partner, None, "write", "cpa"))


def program_of(act: Act, deal: Row) -> Row:
    return act.row("program", deal["program_id"])


def of_account(act: Act, account_id: str | None) -> list[Row]:
    """All registrations of an account."""
    if account_id is None:
        return []
    query = select(deal_registration).where(_T.account_id == account_id, _T.deleted_at.is_(None)).order_by(_T.number)
    return [dict(row) for row in act.conn.execute(query).mappings()]


def matched_account(project: Project, deal: Row) -> str | None:
    """The account that a deal's customer is, as leads are matched; None where that is not sure."""
    said = {"company": deal["account_name"], "email": deal["contact_email"]}
    told = {name: value for name, value in said.items() if value}
    if not told.get("company"):
        return None
    if project.mapping.lead_account is None:
        return _called(project, told)
    return account_of(explained_values(project, told).answer)


def _called(project: Project, told: Mapping[str, Any]) -> str | None:
    """The one account of this name, where the mapping does not say how accounts are found."""
    t, name = account.c, identity.company(told)
    with read(project.engine) as conn:
        found = conn.execute(select(t.id).where(t.name_norm == name, t.deleted_at.is_(None)).limit(2)).scalars().all()
    return found[0] if name and len(found) == 1 else None


def whom(act: Act, deal: Row) -> list[notices.Recipient]:
    """The partner's people who are told about a deal: who submitted it, whose its opportunity is, and its administrators."""
    t = partner_user.c
    mine = (t.partner_account_id == deal["partner_account_id"], t.status == "active", t.deleted_at.is_(None))
    holder = select(opportunity.c.partner_user_id).where(opportunity.c.id == deal["opportunity_id"])
    submitter = func.lower(t.email) == str(deal["submitted_by"] or "").lower()
    people = select(t.id).where(*mine, or_(submitter, t.id.in_(holder))).order_by(t.id)
    found: list[notices.Recipient] = [("partner_user", id) for id in act.conn.execute(people).scalars()]
    return list(dict.fromkeys([*found, *notices.partner_people(act, deal["partner_account_id"])]))


def tell(act: Act, kind: str, deal: Row, to: list[notices.Recipient], *, again: str = "", **more: Any) -> None:
    """Tell people about a deal, once for each of its revisions, and for each ``again``."""
    said = ("account_name", "amount", "currency", "close_date", "response_due_at", "expires_at", "decision_text")
    data = {"number": shown_number(deal), **{name: deal[name] for name in said}, **more}
    key = ":".join(filter(None, (deal["id"], str(deal["revision_no"]), again)))
    notices.notify(act, kind, key, to, data, ("deal", deal["id"]))


def tell_vendor(
    act: Act, kind: str, deal: Row, to: list[notices.Recipient] | None = None, *, again: str = "", **more: Any
) -> None:
    """The same to the partner's channel manager, or others of the vendor; it says which partner it is."""
    partner = act.row("partner_account", deal["partner_account_id"])
    whom = notices.channel_managers(act, partner["id"]) if to is None else to
    tell(act, kind, deal, whom, again=again, partner=partner["name"], **more)
