"""Leads given or offered to partners: assignments, offers, access and messages of many leads at once, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select

from centri.engine.notices import Notice, people_of, queue
from centri.partners.facts import PartnerFacts
from centri.partners.terms import USUAL, Terms
from centri.partners.timers import on_offer
from centri.store import access, audit, prm
from centri.store.access import Grant
from centri.store.prm_tables import lead_assignment, lead_offer

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hand:
    """A lead that is handed out. ``partners`` are the ids of those who get an offer, the first choice first.

    One alone is ``given`` the lead, and has accepted at once where it does so automatically. ``vendor_user`` is one of the
    vendor's people who gets it instead.
    """

    lead: Row
    kind: str
    partners: tuple[str, ...] = ()
    given: bool = True
    terms: Terms = USUAL
    pool: str | None = None
    partner_user: str | None = None
    vendor_user: str | None = None
    decision: str | None = None
    """The id of the routing decision behind it."""


def hand_out(
    conn: Connection,
    hands: Sequence[Hand],
    partners: Mapping[str, PartnerFacts],
    *,
    now: datetime,
    cause: audit.Cause,
    channel: str,
) -> None:
    """Enter the assignments with their offers, who may see the leads, and that the leads have moved; tell the partners."""
    numbers = _numbers(conn, [hand.lead["id"] for hand in hands])
    rows = [(hand, _assignment(hand, partners, numbers.get(hand.lead["id"], 0) + 1, now)) for hand in hands]
    if not rows:
        return
    conn.execute(insert(lead_assignment), [row for _, row in rows])
    if offers := [offer for hand, row in rows for offer in _offers(hand, row, now)]:
        conn.execute(insert(lead_offer), offers)
    access.grant(conn, [grant for hand, row in rows for grant in _grants(hand, row)], now=now, by=cause.actor)
    _move(conn, rows, now, cause)
    people = people_of(conn, sorted({id for hand in hands for id in hand.partners}))
    queue(conn, [n for hand, row in rows for n in _notices(hand, row, people)], now=now, channel=channel)


def _numbers(conn: Connection, leads: Sequence[str]) -> dict[str, int]:
    """The number of each lead's last assignment."""
    t = lead_assignment.c
    query = select(t.lead_id, func.max(t.seq)).where(t.lead_id.in_(leads)).group_by(t.lead_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def _assignment(hand: Hand, partners: Mapping[str, PartnerFacts], seq: int, now: datetime) -> dict[str, Any]:
    alone = hand.partners[0] if hand.given and hand.partners else None
    automatic = bool(alone and alone in partners and partners[alone].auto_accept)
    row = dict.fromkeys(("accept_by", "accepted_at", "qualify_by")) | {
        "id": str(uuid4()),
        "lead_id": hand.lead["id"],
        "seq": seq,
        "kind": hand.kind,
        "pool": hand.pool,
        "partner_account_id": alone,
        "partner_user_id": hand.partner_user,
        "vendor_user_id": hand.vendor_user,
        "state": "accepted" if automatic or hand.vendor_user else "offered",
        "decision_id": hand.decision,
        "offered_at": now,
    }
    if hand.vendor_user:
        return row | {"accepted_at": now}
    if automatic:
        within = hand.terms.qualify_within
        return row | {"accepted_at": now, "qualify_by": now + within if within else None}
    return row | dict(on_offer(hand.terms, now))


def _offers(hand: Hand, row: Row, now: datetime) -> Iterator[dict[str, Any]]:
    for rank, partner in enumerate(hand.partners, 1):
        state = "accepted" if row["state"] == "accepted" else "offered"
        yield {"assignment_id": row["id"], "partner_account_id": partner, "offered_at": now, "rank": rank, "state": state}


def _grants(hand: Hand, row: Row) -> Iterator[Grant]:
    """An offer is for the partner's administrators; the person that the account is pinned to sees it too."""
    taken = row["state"] == "accepted"
    for partner in hand.partners:
        if taken:
            yield Grant("lead", row["lead_id"], "partner_account", partner, "write", "owner")
        else:
            yield Grant("lead", row["lead_id"], "partner_account", partner, "offer", "offer")
    if hand.partner_user:
        yield Grant(
            "lead", row["lead_id"], "partner_user", hand.partner_user, *(("write", "owner") if taken else ("offer", "offer"))
        )


def _move(conn: Connection, rows: Sequence[tuple[Hand, Row]], now: datetime, cause: audit.Cause) -> None:
    """The leads are assigned, to nobody by name while several are asked, and all of it is in the audit.

    An assignment has moved its lead's revision: it is read anew.
    """
    named = {row["lead_id"]: row["partner_account_id"] for _, row in rows}
    stored = prm.read(conn, "lead", list(named)).stored
    moved = [
        prm.Change(
            row["id"],
            {"state": "assigned", "state_reason": None, "state_changed_at": now}
            | {"first_assigned_at": row["first_assigned_at"] or now, "target_partner_id": named[row["id"]]},
            row,
        )
        for row in stored.values()
    ]
    written = prm.write(conn, "lead", moved, actor=cause.actor, now=now)
    entries = [entry for c in moved if c.id in written for entry in audit.of_change("lead", c)]
    made = [audit.Entry("lead_assignment", row["id"], None, None, _told(row)) for _, row in rows]
    audit.record(conn, cause, [*made, *entries], now=now)


def _told(row: Row) -> dict[str, Any]:
    return {name: prm.tell(value) for name, value in row.items() if value is not None}


def _notices(hand: Hand, row: Row, people: Mapping[str, Sequence[Any]]) -> Iterator[Notice]:
    kind = "lead_assigned" if hand.given else "lead_offered"
    about, key = ("lead", row["lead_id"]), f"{row['lead_id']}:{row['seq']}"
    data = {**hand.lead, "accept_by": row["accept_by"], "qualify_by": row["qualify_by"]}
    for partner in hand.partners:
        yield Notice(kind, key, people.get(partner, ()), data, about)
    if hand.partner_user:
        yield Notice("lead_assigned_rep", key, (("partner_user", hand.partner_user),), data, about)
