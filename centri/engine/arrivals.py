"""What follows when a CRM brings an opportunity, or news of one: who sees it, who is told, what the vendor registers there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from centri.anomalies import Anomaly
from centri.dedupe.dictionaries import shipped
from centri.engine import deal_rows, sight
from centri.engine.acts import Act
from centri.engine.deal_closing import cancel
from centri.engine.deal_vendor import register
from centri.engine.opportunity_access import own, tell_assigned
from centri.engine.opportunity_reviews import tell_decided
from centri.errors import Rejected
from centri.records import PRM, Ref
from centri.store import findings, prm
from centri.store.access import Reason
from centri.store.partner_tables import deal_registration
from centri.store.prm_tables import partner_user

_TELLING = ("partner_account_id", "partner_user_id", "partner_user_email", "registered", "approval_state")
"""What of an opportunity's change may have consequences."""

_TAKEN_BACK = "The registration was taken back in the CRM."

_EVERYBODY: tuple[Reason, ...] = ("owner", "cpa", "originator", "registered")


def arrived(conn: Connection, entity: str, changes: Sequence[prm.Change], now: datetime, channel: str) -> None:
    """What follows from changes that were just written, in the same transaction."""
    if entity == "opportunity":
        act = Act(conn, now, "arrival", None, None, "rule", shipped(), channel)
        for change in changes:
            _follow(act, change)


def _follow(act: Act, change: prm.Change) -> None:
    stored, values = change.stored or {}, change.values
    if values.get("deleted_at") or not any(values.get(name) != stored.get(name) for name in _TELLING if name in values):
        return  # nothing follows, so nothing is read: most opportunities have no partner
    row = dict(act.row("opportunity", change.id))
    person = _named(act, row["partner_account_id"], values.get("partner_user_email")) or row["partner_user_id"]
    if person != row["partner_user_id"]:
        act.change("opportunity", change.id, {"partner_user_id": person})
        row["partner_user_id"] = person
    whose = ("partner_account_id", "partner_user_id")
    if any(row[name] != stored.get(name) for name in whose):
        sight.take(act, "opportunity", change.id, reasons=_EVERYBODY)
        own(act, change.id, row["partner_account_id"], person)
        if row["partner_account_id"] and row["stage_category"] == "open":
            tell_assigned(act, row)
    if change.stored and row["approval_state"] != stored["approval_state"]:
        tell_decided(act, row)
    if "registered" in values and bool(values["registered"]) != (row["registered_partner_id"] is not None):
        (_register if values["registered"] else _take_back)(act, change.id)


def _register(act: Act, opportunity_id: str) -> None:
    """What stands against it is for a person to look at; the opportunity itself has arrived."""
    try:
        register(act, opportunity_id)
    except Rejected as refusal:
        ref = Ref(PRM, "opportunity", opportunity_id)
        findings.open_(act.conn, [Anomaly(refusal.kind, ref, str(refusal), entity="opportunity", stage="register")], now=act.now)


def _take_back(act: Act, opportunity_id: str) -> None:
    """Somebody of the vendor took the tick away: the deal is cancelled, as an administrator would."""
    t = deal_registration.c
    approved = select(t.id).where(t.opportunity_id == opportunity_id, t.state == "approved", t.deleted_at.is_(None))
    for id in act.conn.execute(approved.order_by(t.id)).scalars().all():
        cancel(act, act.row("deal_registration", id), _TAKEN_BACK)
        deal_rows.tell_vendor(act, "deal_cancelled", act.row("deal_registration", id))


def _named(act: Act, partner: str | None, email: str | None) -> str | None:
    """The partner's active person with this address; nobody where there is none."""
    if not (partner and email):
        return None
    t = partner_user.c
    same = (t.partner_account_id == partner, func.lower(t.email) == email.lower(), t.status == "active", t.deleted_at.is_(None))
    return act.conn.execute(select(t.id).where(*same)).scalar()
