"""The vendor decides on a registered deal: looked at, approved, returned to be completed, rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from centri.engine import deal_protection, deal_rows, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.deal_candidates import candidates, find_candidates
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners import deals
from centri.store import locks
from centri.store.prm_tables import named_account

REVIEWERS = ("channel_manager",)


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer has to know. ``candidates`` are rows of ``deal_candidate``, the likeliest first.

    ``required`` is how many fields the programme asks for, ``missing`` are those without a value; ``rivals`` the numbers of
    the approved registrations that stand in the way, ``protected_for`` the partner that the account is reserved for.
    """

    deal: Row
    missing: Sequence[str]
    required: int
    candidates: Sequence[Row]
    rivals: Sequence[str]
    protected_for: str | None


def review_deal(project: Project, deal: str, actor: str | None = None) -> Review:
    """Begin to look at a deal, or look again: searches for duplicates here and in the CRMs. Raises Rejected."""
    with acting(project, "deal review", actor) as act:
        act.only_vendor(*REVIEWERS)
        row = sight.deal(act, deal)
        if row["state"] == "submitted":
            reviewer = act.vendor["id"] if act.vendor else None
            act.change("deal_registration", row["id"], {"state": "under_review", "reviewer_id": reviewer})
    find_candidates(project, row["id"], ask=True)
    with acting(project, "deal review", actor) as act:
        return _review(act, act.row("deal_registration", row["id"]))


def approve_deal(project: Project, deal: str, actor: str | None = None, text: str = "", override: str = "") -> None:
    """Approve a deal: it is protected from now on, and its opportunity registered for the partner.

    Refused (Rejected) while it is incomplete, whatever is said; and, unless ``override`` gives a reason, while another is
    approved for the same account and product, which then gives way, or while the account is reserved for another partner.
    """
    try:
        with acting(project, "deal approve", actor) as act:
            act.only_vendor(*REVIEWERS)
            _approve(project, act, sight.deal(act, deal), text, override)
    except IntegrityError as refusal:
        why = f"another registration was approved for the same account and product as {deal} just now; review it again"
        raise Rejected("illegal_transition", why) from refusal


def approve_by_rule(project: Project, deal_id: str) -> bool:
    """Approve a deal that its programme leaves to no person, unless anything stands in its way. Answers whether it did."""
    with acting(project, "deal approve", None, cause="rule") as act:
        row = act.row("deal_registration", deal_id)
        program, partner = deal_rows.program_of(act, row), act.row("partner_account", row["partner_account_id"])
        others = [c["score"] for c in candidates(act.conn, deal_id) if c["other_type"] != "account"]
        if row["state"] != "submitted" or not deals.approves_itself(program, row, partner, others):
            return False
        if row["conflict"] or _in_the_way(act, row) or _protected_for(act, row):
            return False
        _approve(project, act, row, "", "")
        return True


def return_deal(project: Project, deal: str, actor: str | None, text: str) -> None:
    """Give a deal back to be completed; ``text`` tells the partner what is missing. Raises Rejected."""
    with acting(project, "deal return", actor) as act:
        act.only_vendor(*REVIEWERS)
        row = sight.deal(act, deal)
        decided = _decided(act, "returned", text)
        act.change("deal_registration", row["id"], decided)
        deal_rows.tell(act, "deal_returned", {**row, **decided}, deal_rows.whom(act, row))


def reject_deal(project: Project, deal: str, actor: str | None, code: str, text: str, duplicate_of: str | None = None) -> None:
    """Refuse a deal, for one of :data:`centri.partners.deals.REASONS`; ``text`` is what the partner is told. Raises Rejected.

    A duplicate is one of the registration that is named, or else of the approved one that stands in its way.
    """
    if code not in deals.REASONS:
        raise Rejected("validation", f"no reason is called {code!r}; there are {', '.join(deals.REASONS)}", fields=("code",))
    with acting(project, "deal reject", actor) as act:
        act.only_vendor(*REVIEWERS)
        row = sight.deal(act, deal)
        twin = sight.deal(act, duplicate_of)["id"] if duplicate_of else None
        if code == "duplicate" and twin is None:
            twin = next((other["id"] for other in _in_the_way(act, row)), None)
        decided = _decided(act, "rejected", text) | {"decision_code": code, "duplicate_of_id": twin}
        act.change("deal_registration", row["id"], decided)
        deal_rows.tell(act, "deal_rejected", {**row, **decided}, deal_rows.whom(act, row))


def review_of(project: Project, deal: str, actor: str | None = None) -> Review:
    """The same as :func:`review_deal` as it was last found, without beginning anything. Raises Rejected."""
    with acting(project, "deal show", actor) as act:
        act.only_vendor(*REVIEWERS, "isr", "ae", "ops", "viewer")
        return _review(act, sight.deal(act, deal))


def _review(act: Act, row: Row) -> Review:
    program = deal_rows.program_of(act, row)
    found, required = candidates(act.conn, row["id"]), program["required_fields"] or ()
    rivals = [other["number"] for other in _in_the_way(act, row)]
    return Review(row, deals.missing(program, row), len(required), found, rivals, _protected_for(act, row))


def _approve(project: Project, act: Act, row: Row, text: str, override: str) -> None:
    locks.one_at_a_time(act.conn, "deals")  # so that of two the second sees the first
    row = act.row("deal_registration", row["id"])
    program = deal_rows.program_of(act, row)
    if lacking := deals.missing(program, row):
        told = f"{row['number']} is incomplete: {', '.join(lacking)}; return it to the partner"
        raise Rejected("missing_required", told, fields=lacking)
    row = {**row, **deal_protection.settled_parties(project, act, row)}
    _clear_the_way(act, row, override)
    until = deals.protected_until(program, act.now)
    decided = {"state": "approved", "approved_at": act.now, "expires_at": until, "reviewed_at": act.now}
    decided |= {"decision_text": text or None, "decision_code": None, "reviewer_id": _reviewer(act, row)}
    parties = {name: row[name] for name in ("account_id", "contact_id", "opportunity_id")}
    act.change("deal_registration", row["id"], decided | parties)
    deal_protection.protect(act, {**row, **decided})


def _clear_the_way(act: Act, row: Row, override: str) -> None:
    """Raises Rejected where something stands in the way and nobody overrides it; else that gives way."""
    rivals, reserved = _in_the_way(act, row), _protected_for(act, row)
    if (rivals or reserved) and not override.strip():
        raise Rejected("illegal_transition", f"{_obstacle(rivals, reserved)}; approve it nevertheless: --override REASON")
    if rivals or reserved:
        about = {"parent_type": "deal", "parent_id": row["id"], "visibility": "vendor", "author_id": act.actor}
        why = {"subject": f"Approved although {_obstacle(rivals, reserved)}", "body": override.strip()}
        act.add("note", {**about, **why, "author_type": "vendor_user" if act.vendor else "engine"})
    for rival in rivals:
        deal_protection.end(act, rival, "cancelled", {"decision_text": "it gave way to another registration"})


def _obstacle(rivals: Sequence[Row], reserved: str | None) -> str:
    if not rivals:
        return f"the account is reserved for {reserved}"
    first = rivals[0]
    return f"{first['number']} is approved for the same account and product until {first['expires_at']:%Y-%m-%d}"


def _in_the_way(act: Act, row: Row) -> list[Row]:
    return deals.rivals(row, deal_rows.of_account(act, row["account_id"]))


def _protected_for(act: Act, row: Row) -> str | None:
    """The partner that the deal's account and product are reserved for, where it is another."""
    t = named_account.c
    now_valid = (t.valid_from <= act.now, (t.valid_to.is_(None)) | (t.valid_to > act.now), t.deleted_at.is_(None))
    query = select(named_account).where(t.account_id == row["account_id"], t.protection == "exclusive", *now_valid)
    for named in act.conn.execute(query.where(t.partner_account_id != row["partner_account_id"])).mappings():
        if deals.overlaps(named["product_family"], row["product_family"]):
            return str(act.row("partner_account", named["partner_account_id"])["name"])
    return None


def _decided(act: Act, state: str, text: str) -> dict[str, Any]:
    if not text.strip():
        raise Rejected("missing_required", "say why: the partner is told, --text TEXT", fields=("decision_text",))
    reviewer = {"reviewer_id": act.vendor["id"]} if act.vendor else {}
    return {"state": state, "decision_text": text.strip(), "reviewed_at": act.now, **reviewer}


def _reviewer(act: Act, row: Row) -> Any:
    return act.vendor["id"] if act.vendor else row["reviewer_id"]
