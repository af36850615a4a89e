"""A partner converts a lead: an account, a contact and, if wanted, an opportunity come of it, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from centri.dedupe import identity
from centri.engine.acts import Act, Row, acting
from centri.engine.assignment_acts import held
from centri.engine.match_answers import account_of, answers
from centri.engine.opportunity_acts import add_opportunity
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store import access, prm
from centri.store.access import Grant
from centri.store.prm_tables import contact

_ACCOUNT_FIELDS = (
    "phone_e164", "street", "city", "state_code", "postal_code", "country_code", "industry_raw", "industry_code",
    "employees_raw", "company_size_code", "segment_code",
)  # fmt: skip
_CONTACT_FIELDS = ("first_name", "last_name", "email", "phone_e164", "title", "title_level_code", "job_function_code")


@dataclass(frozen=True, slots=True)
class Converted:
    """The ids of what a lead became. ``new_account`` and ``new_contact`` say whether those were made for it."""

    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None = None
    new_account: bool = False
    new_contact: bool = False


def convert_lead(
    project: Project, lead_id: str, actor: str | None = None, opportunity: Mapping[str, Any] | None = None
) -> Converted:
    """Make a contact at an account of a lead that is being worked on, and an opportunity where one is given.

    The account is the one that the lead was matched to, or the one that matches now, or a new prospect; the contact is the
    one with the same e-mail address at that account, or new. Raises Rejected, and then nothing has happened.
    """
    with acting(project, "lead convert", actor) as act:
        lead = act.row("lead", lead_id)
        assignment = held(act, lead_id)
        known_account = _account_of(project, act, lead)
        account = known_account or _new_account(act, lead)
        known_contact = _contact_at(act, account, lead)
        person = _filled_in(act, known_contact, lead) if known_contact else _new_contact(act, account, lead)
        made = add_opportunity(act, lead, assignment, opportunity, account=account, contact=person) if opportunity else None
        became = {"converted_account_id": account, "converted_contact_id": person, "converted_opportunity_id": made}
        act.change("lead", lead_id, {"state": "converted", **became})
        act.change("lead_assignment", assignment["id"], {"state": "completed", "ended_at": act.now, "end_reason": "converted"})
        _sees(act, assignment, account=account, contact=person)
        return Converted(lead_id, account, person, made, new_account=not known_account, new_contact=not known_contact)


def _sees(act: Act, assignment: Row, *, account: str, contact: str) -> None:
    """The partner that converted a lead may read whom and what it became; its people who work on it too."""
    mine: list[tuple[Any, str]] = [("partner_account", assignment["partner_account_id"])]
    if assignment["partner_user_id"]:
        mine.append(("partner_user", assignment["partner_user_id"]))
    subjects: list[tuple[Any, str]] = [("account", account), ("contact", contact)]
    grants = [Grant(*subject, *principal, "read", "grant") for subject in subjects for principal in mine if principal[1]]
    access.grant(act.conn, grants, now=act.now, by=act.actor)


def _account_of(project: Project, act: Act, lead: Row) -> str | None:
    """The account that the lead belongs to, if the PRM has it: as matched before, or as the matcher says now."""
    matched = lead["matched_account_id"] if lead["match_class"] != "review" else None
    if matched and prm.read(act.conn, "account", [matched]).stored[matched]["deleted_at"] is None:
        return str(matched)
    given = project.mapping.lead_account
    return account_of(answers(project, {lead["id"]: lead}, given, act.conn)[lead["id"]].answer) if given else None


def _new_account(act: Act, lead: Row) -> str:
    name = lead["company"] or " ".join(filter(None, (lead["first_name"], lead["last_name"])))
    if not name:
        raise Rejected("missing_required", "an account needs a name: enter the lead's company first", fields=("company",))
    website = lead["website"] or next(iter(sorted(identity.domains(lead))), None)
    carried = {field: lead[field] for field in _ACCOUNT_FIELDS}
    return act.add("account", {"name": name, "account_class": "prospect", "website": website, **carried})


def _contact_at(act: Act, account: str, lead: Row) -> str | None:
    """The person with the lead's e-mail address at the account."""
    if not lead["email_norm"]:
        return None
    t = contact.c
    same = (t.account_id == account, t.email_norm == lead["email_norm"], t.deleted_at.is_(None))
    return act.conn.execute(select(t.id).where(*same).order_by(t.created_at, t.id).limit(1)).scalar()


def _filled_in(act: Act, person: str, lead: Row) -> str:
    """The known contact, its blanks filled with what the lead says."""
    known = act.row("contact", person)
    act.change("contact", person, {f: lead[f] for f in _CONTACT_FIELDS if known[f] is None and lead[f] is not None})
    return person


def _new_contact(act: Act, account: str, lead: Row) -> str:
    if not lead["last_name"]:
        raise Rejected("missing_required", "a contact needs a last name: enter the lead's first", fields=("last_name",))
    return act.add("contact", {"account_id": account, **{field: lead[field] for field in _CONTACT_FIELDS}})
