"""The end of a registered deal: won with its proof and margin credit, lost, cancelled, or over because time has passed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from centri.engine import deal_protection, deal_rows, notices, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.deal_reviews import REVIEWERS
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners import deals
from centri.partners.lifecycle import DEAL, check
from centri.store.database import read
from centri.store.partner_tables import deal_extension, deal_registration, margin_credit, proof_of_performance
from centri.store.prm_tables import vendor_user

WARNED = timedelta(days=14)
"""How long before its protection ends a partner is reminded."""


def close_deal(project: Project, deal: str, actor: str | None, outcome: str, reason: str = "") -> None:
    """Close an approved deal as ``won`` or ``lost``; its opportunity closes with it. Raises Rejected.

    A lost one needs a reason. A won one needs a proof where the programme wants one, and earns the programme's margin credit.
    """
    if outcome not in ("won", "lost"):
        raise Rejected("validation", f"a deal closes as won or lost, not as {outcome!r}", fields=("outcome",))
    if outcome == "lost" and not reason.strip():
        raise Rejected("missing_required", "say why the deal was lost: --reason REASON", fields=("lost_reason",))
    with acting(project, f"deal {outcome}", actor) as act:
        row = sight.deal(act, deal, to="write")
        check(DEAL, row["state"], outcome)
        program = deal_rows.program_of(act, row)
        if outcome == "won" and program["proof_required"] and not _proofs(act, row["id"]):
            told = f"programme {program['code']} wants a proof first: `centri deal proof {row['number']} --kind po`"
            raise Rejected("missing_required", told, fields=("proof",))
        _close_opportunity(act, row["opportunity_id"], outcome, reason.strip())
        deal_protection.end(act, row, outcome)
        if outcome == "won" and program["margin_pct"] is not None:
            earned = {"pct": program["margin_pct"], "amount": deals.credit(program, row), "currency": row["currency"]}
            act.add("margin_credit", {"deal_id": row["id"], **earned, "state": "due"})


def cancel_deal(project: Project, deal: str, actor: str | None, reason: str) -> None:
    """Take an approved deal's protection away, which only an administrator may, with a reason. Raises Rejected."""
    if not reason.strip():
        raise Rejected("missing_required", "say why: the partner is told, --reason REASON", fields=("decision_text",))
    with acting(project, "deal cancel", actor) as act:
        act.only_vendor()
        cancel(act, sight.deal(act, deal), reason.strip())


def cancel(act: Act, deal: Row, reason: str) -> None:
    """The same within an act. The partner is told. Raises Rejected."""
    check(DEAL, deal["state"], "cancelled")
    deal_protection.end(act, deal, "cancelled", {"decision_text": reason})


def add_proof(
    project: Project, deal: str, actor: str | None, kind: str, *, file_name: str = "", sha256: str = "", uri: str = ""
) -> str:
    """A reference to what proves that a deal was won: an order, an invoice, a contract; answers its id. Raises Rejected."""
    kinds = proof_of_performance.c.kind.info["choices"]
    if kind not in kinds:
        raise Rejected("validation", f"no proof is called {kind!r}; there are {', '.join(kinds)}", fields=("kind",))
    with acting(project, "deal proof", actor) as act:
        row = sight.deal(act, deal, to="write")
        if row["state"] not in ("approved", "won"):
            raise Rejected("illegal_transition", f"a deal that is {row['state'].replace('_', ' ')} needs no proof")
        named = {"file_name": file_name or None, "sha256": sha256 or None, "uri": uri or None}
        return act.add("proof_of_performance", {"deal_id": row["id"], "kind": kind, "submitted_at": act.now, **named})


def accept_proof(project: Project, deal: str, actor: str | None = None) -> int:
    """Accept all proofs of a deal that nobody has accepted yet; answers how many. Raises Rejected."""
    with acting(project, "deal proof", actor) as act:
        act.only_vendor(*REVIEWERS)
        waiting = [proof for proof in _proofs(act, sight.deal(act, deal)["id"]) if proof["accepted_at"] is None]
        for proof in waiting:
            act.change("proof_of_performance", proof["id"], {"accepted_by": act.actor, "accepted_at": act.now})
        return len(waiting)


def settle_credit(project: Project, deal: str, actor: str | None, state: str = "released") -> None:
    """Release the margin credit of a won deal, or make it void. Raises Rejected.

    Where the programme wants a proof, one must be accepted before the credit is released.
    """
    if state not in ("released", "void"):
        raise Rejected("validation", f"a credit is released or void, not {state!r}", fields=("state",))
    with acting(project, "deal credit", actor) as act:
        act.only_vendor(*REVIEWERS)
        row = sight.deal(act, deal)
        t = margin_credit.c
        found = act.conn.execute(select(margin_credit).where(t.deal_id == row["id"])).mappings().first()
        if found is None or found["state"] != "due":
            why = f"the credit is {found['state']}" if found else f"{row['number']} has earned no credit"
            raise Rejected("illegal_transition", why)
        wants = deal_rows.program_of(act, row)["proof_required"] and state == "released"
        if wants and not any(proof["accepted_at"] for proof in _proofs(act, row["id"])):
            told = f"no proof was accepted yet: `centri deal proof {row['number']} --accept`"
            raise Rejected("illegal_transition", told, fields=("proof",))
        act.change("margin_credit", found["id"], {"state": state, "released_at": act.now if state == "released" else None})


def expire_deals(project: Project) -> int:
    """End every protection whose time is over, and remind of those that end soon or wait too long. Answers how many ended."""
    t, now = deal_registration.c, project.now()
    with read(project.engine) as conn:
        ends = select(t.id).where(t.state == "approved", t.expires_at < now + WARNED, t.deleted_at.is_(None))
        ending = list(conn.execute(ends.order_by(t.expires_at, t.id)).scalars())
        late = select(t.id).where(t.state.in_(("submitted", "under_review")), t.response_due_at < now, t.deleted_at.is_(None))
        overdue = list(conn.execute(late.order_by(t.response_due_at, t.id)).scalars())
    ended = 0
    for id in ending:
        with acting(project, "tick", None, cause="timer") as act:
            ended += _expire(act, act.row("deal_registration", id))
    for id in overdue:
        with acting(project, "tick", None, cause="timer") as act:
            _escalate(act, act.row("deal_registration", id))
    return ended


def _expire(act: Act, deal: Row) -> bool:
    """Unless somebody closed or extended it meanwhile."""
    t = deal_extension.c
    pending = act.conn.execute(select(t.id).where(t.deal_id == deal["id"], t.state == "pending")).first() is not None
    if deals.has_lapsed(deal, act.now, extension_pending=pending):
        deal_protection.end(act, deal, "expired")
        return True
    if deal["state"] == "approved" and act.now < deal["expires_at"] <= act.now + WARNED:
        deal_rows.tell(act, "deal_expiring", deal, deal_rows.whom(act, deal), again=f"{deal['expires_at']:%Y%m%d}")
    return False


def _escalate(act: Act, deal: Row) -> None:
    """Tell the vendor's administrators, and the channel manager, once, that a promised answer is late."""
    if not deals.is_overdue(deal, act.now):
        return
    t = vendor_user.c
    admins = select(t.id).where(t.role == "admin", t.active, t.deleted_at.is_(None)).order_by(t.email)
    above: list[notices.Recipient] = [("vendor_user", id) for id in act.conn.execute(admins).scalars()]
    whom = list(dict.fromkeys([*above, *notices.channel_managers(act, deal["partner_account_id"])]))
    deal_rows.tell_vendor(act, "deal_overdue", deal, whom)


def _close_opportunity(act: Act, id: str | None, outcome: str, reason: str) -> None:
    if id is None:
        return
    closed = {"partner_stage": outcome, "stage_category": outcome, "lost_reason": reason or None}
    if act.row("opportunity", id)["stage_category"] == "open":
        act.change("opportunity", id, closed)


def _proofs(act: Act, deal_id: str) -> list[Row]:
    t = proof_of_performance.c
    query = select(proof_of_performance).where(t.deal_id == deal_id).order_by(t.submitted_at, t.id)
    return [dict(row) for row in act.conn.execute(query).mappings()]
