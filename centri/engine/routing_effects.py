"""What follows from routing decisions: they are kept, leads are handed out, turns remembered, and the vendor's people told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from centri.engine.distribution import Hand, hand_out
from centri.engine.notices import Notice, Recipient, queue
from centri.engine.project import Project
from centri.partners.placement import Distribution, Placement
from centri.partners.targets import Aim
from centri.store import audit, prm
from centri.store.partner_tables import pool_member, routing_decision
from centri.store.prm_tables import note, vendor_user
from centri.store.upsert import upsert

Row = Mapping[str, Any]
Placed = Sequence[tuple[Row, Placement]]

ACTOR = "route"


def carry_out(conn: Connection, project: Project, placed: Placed, shared: Distribution, cause: audit.Cause | None = None) -> None:
    """Do what was decided about some leads, in the transaction in which it was; by the rules, unless ``cause`` says by whom."""
    now, sha = project.now(), project.mapping.sha
    cause = cause or audit.Cause(ACTOR, "rule", ACTOR, "engine", sha)
    decisions = [_decision(row, placement, now, sha) for row, placement in placed]
    conn.execute(insert(routing_decision), decisions)
    people = _vendor_people(conn)
    hands = [
        hand
        for (row, placement), kept in zip(placed, decisions, strict=True)
        if (hand := _hand(row, placement, kept["id"], people))
    ]
    channel = project.mapping.notifications.channel
    hand_out(conn, hands, shared.partners, now=now, cause=cause, channel=channel)
    _remember(conn, shared, now)
    _stop(conn, placed, now, cause)
    _note(conn, placed)
    queue(conn, list(_alerts(placed, decisions, people)), now=now, channel=channel)


def _decision(row: Row, placement: Placement, now: datetime, sha: str) -> dict[str, Any]:
    decision = placement.decision
    return {
        "id": str(uuid4()),
        "lead_id": row["id"],
        "lead_revision": row["revision"],
        "decided_at": now,
        "mapping_sha": sha,
        "inputs": decision.lead.as_json(),
        "trace": decision.as_json(),
        "rule": decision.rule,
        "outcome": placement.as_json(),
        "created_by": ACTOR,
    }


def _hand(row: Row, placement: Placement, decision: str, people: Sequence[Row]) -> Hand | None:
    outcome = placement.outcome
    if outcome.aim is Aim.USER:
        user = outcome.user or next((p["id"] for p in people if p["email"].lower() == (outcome.email or "").lower()), None)
        return Hand(row, outcome.kind or "internal", vendor_user=user, decision=decision) if user else None
    if not placement.partners:
        return None
    return Hand(
        row,
        outcome.kind or "manual",
        placement.partners,
        given=placement.given,
        terms=outcome.terms,
        pool=outcome.pool,
        partner_user=outcome.partner_user,
        decision=decision,
    )


def _vendor_people(conn: Connection) -> list[Row]:
    t = vendor_user.c
    query = select(t.id, t.email, t.role).where(t.active, t.deleted_at.is_(None)).order_by(t.email)
    return [dict(row) for row in conn.execute(query).mappings()]


def _remember(conn: Connection, shared: Distribution, now: datetime) -> None:
    rows = [
        {
            "pool": pool,
            "partner_account_id": partner,
            "credit": turn.credit,
            "owed": turn.owed,
            "given": turn.given,
            "last_given_at": turn.last_given_at,
            "updated_at": now,
            "updated_by": ACTOR,
        }
        for (pool, partner), turn in shared.changed.items()
    ]
    upsert(conn, pool_member, rows, ("pool", "partner_account_id"))


def _stop(conn: Connection, placed: Placed, now: datetime, cause: audit.Cause) -> None:
    """A competitor's lead is over; others that stop stay with the vendor."""
    over = {row["id"] for row, p in placed if p.outcome.aim is Aim.STOP and p.outcome.reason == "competitor"}
    if not over:
        return
    stored = prm.read(conn, "lead", sorted(over)).stored
    gone = {"state": "disqualified", "state_reason": "competitor", "state_changed_at": now}
    changes = [prm.Change(id, gone, row) for id, row in stored.items()]
    written = prm.write(conn, "lead", changes, actor=cause.actor, now=now)
    audit.record(conn, cause, [e for c in changes if c.id in written for e in audit.of_change("lead", c)], now=now)


def _note(conn: Connection, placed: Placed) -> None:
    """Whoever owns an open opportunity finds the lead there too."""
    rows = []
    for row, placement in placed:
        account = placement.decision.lead.account
        if placement.outcome.kind == "account_based_opportunity" and account and account.opportunities:
            who = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["email"] or "somebody"
            about = {"parent_type": "opportunity", "parent_id": account.opportunities[0].id}
            text = f"{who} of {row['company'] or 'this account'} asked about {', '.join(row['product_interest'] or ['us'])}."
            rows.append({**about, "subject": f"New lead: {who}", "body": text, "author_type": "engine", "visibility": "vendor"})
    if rows:
        conn.execute(insert(note), rows)


def _alerts(placed: Placed, decisions: Sequence[Row], people: Sequence[Row]) -> Iterator[Notice]:
    """The vendor's people whom a rule, or the lack of one, wants to know."""
    for (row, placement), kept in zip(placed, decisions, strict=True):
        outcome = placement.outcome
        told: list[Recipient] = [("vendor_user", p["id"]) for p in people if p["role"] in outcome.alert]
        if told:
            kind = "lead_competitor" if outcome.reason == "competitor" else "lead_unrouted"
            data = {**row, "reason": outcome.reason or outcome.queue}
            yield Notice(kind, kept["id"], tuple(told), data, ("lead", row["id"]))
