"""More time for a registered deal: asked for by its partner, decided by the vendor."""

from __future__ import annotations

from sqlalchemy import select

from centri.engine import deal_protection, deal_rows, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.deal_reviews import REVIEWERS
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners import deals
from centri.store.partner_tables import deal_extension


def request_extension(project: Project, deal: str, actor: str | None, days: int | None = None, reason: str = "") -> str:
    """Ask for more days of protection, or for as many as the programme gives; answers the request's id. Raises Rejected."""
    with acting(project, "deal extend", actor) as act:
        row = sight.deal(act, deal, to="write")
        if row["state"] == "approved" and row["expires_at"] < act.now:
            raise Rejected("illegal_transition", f"the protection of {row['number']} is over; submit it again")
        until = deals.extended_until(deal_rows.program_of(act, row), row, _extensions(act, row["id"]), days)
        asked = {"requested_by": act.actor, "requested_at": act.now, "requested_until": until, "reason": reason or None}
        added = act.add("deal_extension", {"deal_id": row["id"], **asked})
        deal_rows.tell_vendor(act, "deal_extension_requested", row, again=added, requested_until=until, reason=reason or None)
        return added


def decide_extension(project: Project, deal: str, actor: str | None, *, approve: bool, text: str = "") -> None:
    """Grant or refuse the extension that is asked for; the partner is told. A refusal needs a text. Raises Rejected."""
    if not approve and not text.strip():
        raise Rejected("missing_required", "say why: the partner is told, --text TEXT", fields=("decision_text",))
    with acting(project, "deal extend", actor) as act:
        act.only_vendor(*REVIEWERS)
        row = sight.deal(act, deal)
        asked = next((e for e in _extensions(act, row["id"]) if e["state"] == "pending"), None)
        if asked is None:
            raise Rejected("illegal_transition", f"no extension of {row['number']} is asked for")
        if row["state"] != "approved":
            raise Rejected("illegal_transition", f"{row['number']} is {row['state']}; there is nothing to extend")
        decided = {"state": "approved" if approve else "rejected", "decision_text": text.strip() or None}
        act.change("deal_extension", asked["id"], {**decided, "decided_by": act.actor, "decided_at": act.now})
        until = asked["requested_until"] if approve else row["expires_at"]
        if approve:
            deal_protection.move(act, row, until)
        told = {**row, "expires_at": until, "decision_text": decided["decision_text"]}
        deal_rows.tell(act, "deal_extension_decided", told, deal_rows.whom(act, row), again=asked["id"], state=decided["state"])


def _extensions(act: Act, deal_id: str) -> list[Row]:
    t = deal_extension.c
    query = select(deal_extension).where(t.deal_id == deal_id).order_by(t.requested_at, t.id)
    return [dict(row) for row in act.conn.execute(query).mappings()]
