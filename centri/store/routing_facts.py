"""What routing looks at, read from the store, a query for each kind: leads with their accounts and protections, all partners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from centri.partners.facts import AccountFacts, LeadFacts, OpenOpportunity, PartnerFacts, PartnerUser, Protection
from centri.partners.lifecycle import LIVE
from centri.partners.turns import Turn
from centri.store.partner_tables import partner_competency, partner_territory, pool_member, program, program_enrollment
from centri.store.prm_tables import (
    account,
    lead,
    lead_assignment,
    lead_exclusion,
    lead_offer,
    named_account,
    opportunity,
    partner_account,
    partner_user,
)

Row = Mapping[str, Any]

_HELD = ("accepted", "retained", "completed")


def leads(conn: Connection, rows: Iterable[Row], now: datetime) -> dict[str, LeadFacts]:
    """Each lead as a decision sees it, by id."""
    rows = list(rows)
    accounts = _accounts(conn, {row["matched_account_id"] for row in rows if row["matched_account_id"]})
    protections = _protections(conn, accounts)
    excluded = exclusions(conn, [row["id"] for row in rows])
    return {
        row["id"]: LeadFacts(
            row["id"],
            now,
            row,
            accounts.get(row["matched_account_id"]),
            tuple(protections.get(row["matched_account_id"], ())),
            excluded.get(row["id"], {}),
        )
        for row in rows
    }


def exclusions(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The partners that are barred from each lead, with the reason."""
    t = lead_exclusion.c
    found: dict[str, dict[str, str]] = defaultdict(dict)
    query = select(t.lead_id, t.partner_account_id, t.reason).where(t.lead_id.in_(ids), t.cleared_at.is_(None))
    for lead_id, partner, reason in conn.execute(query) if ids else ():
        found[lead_id][partner] = reason
    return found


def ended(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Of each lead the pools that had it already, and how the last time in each ended."""
    t = lead_assignment.c
    found: dict[str, dict[str, str]] = defaultdict(dict)
    past = select(t.lead_id, t.pool, t.state).where(t.lead_id.in_(ids), t.pool.is_not(None), t.state.not_in(LIVE))
    for lead_id, pool, state in conn.execute(past.order_by(t.lead_id, t.seq)) if ids else ():
        found[lead_id][pool] = state
    return found


def _accounts(conn: Connection, ids: set[str]) -> dict[str, AccountFacts]:
    if not ids:
        return {}
    a = account.c
    query = select(a.id, a.account_class, a.owner_vendor_user_id, a.partner_account_id).where(a.id.in_(ids))
    opened, closed = _opportunities(conn, ids)
    last = _last_partners(conn, ids)
    found = {}
    for row in conn.execute(query):
        mine = opened.get(row.id, ())
        partner = next((o.partner for o in mine if o.partner), None) or last.get(row.id)
        lost, won = closed.get((row.id, "lost")), closed.get((row.id, "won"))
        owner = row.owner_vendor_user_id
        found[row.id] = AccountFacts(row.id, row.account_class, owner, partner, tuple(mine), last_lost=lost, last_won=won)
    return found


def _opportunities(
    conn: Connection, ids: set[str]
) -> tuple[dict[str, list[OpenOpportunity]], dict[tuple[str, str], date | None]]:
    """The open ones of each account, the last changed first; and the day on which the last was lost, or won."""
    o = opportunity.c
    mine = (o.account_id.in_(ids), o.deleted_at.is_(None))
    opened: dict[str, list[OpenOpportunity]] = defaultdict(list)
    query = select(o.account_id, o.id, o.owner_vendor_user_id, o.partner_account_id, o.motion).where(
        *mine, o.stage_category == "open"
    )
    for row in conn.execute(query.order_by(o.updated_at.desc(), o.id)):
        opened[row.account_id].append(OpenOpportunity(row.id, row.owner_vendor_user_id, row.partner_account_id, row.motion))
    closed: dict[tuple[str, str], date | None] = {}
    past = select(o.account_id, o.stage_category, func.max(o.closed_at).label("at"), func.max(o.close_date).label("day"))
    for end in conn.execute(past.where(*mine, o.stage_category != "open").group_by(o.account_id, o.stage_category)):
        days = [end.at.date() if end.at else None, end.day]
        closed[end.account_id, end.stage_category] = max((d for d in days if d), default=None)
    return opened, closed


def _last_partners(conn: Connection, ids: set[str]) -> dict[str, str]:
    """The partner that got the last lead of each account and took it."""
    a, le = lead_assignment.c, lead.c
    query = (
        select(le.matched_account_id, a.partner_account_id)
        .join(lead, le.id == a.lead_id)
        .where(le.matched_account_id.in_(ids), a.state.in_(_HELD), a.partner_account_id.is_not(None))
    )
    return {row[0]: row[1] for row in conn.execute(query.order_by(a.accepted_at, a.id))}


def _protections(conn: Connection, ids: Iterable[str]) -> dict[str, list[Protection]]:
    n = named_account.c
    found: dict[str, list[Protection]] = defaultdict(list)
    ids = list(ids)
    query = select(named_account).where(n.account_id.in_(ids), n.deleted_at.is_(None)).order_by(n.valid_from, n.id)
    for row in conn.execute(query).mappings() if ids else ():
        found[row["account_id"]].append(
            Protection(
                row["partner_account_id"],
                row["protection"],
                row["reason"],
                row["product_family"],
                row["partner_user_id"],
                row["valid_from"],
                row["valid_to"],
            )
        )
    return found


def partners(conn: Connection, now: datetime) -> dict[str, PartnerFacts]:
    """All partners with what they are, can, hold and were offered today (UTC), by id."""
    p = partner_account.c
    skills = _several(conn, partner_competency, "competency_code", now)
    territories = _several(conn, partner_territory, "territory_code", now)
    programs, users = _programs(conn), _users(conn)
    held, today = _held(conn), _offered_since(conn, _midnight(now))
    query = select(partner_account).where(p.deleted_at.is_(None)).order_by(p.name, p.id)
    return {
        row["id"]: PartnerFacts(
            row["id"], row["name"], row["partner_type"], row["tier"], row["status"], row["accepts_leads"], row["auto_accept"],
            row["country_code"], row["region"], row["state_code"], row["city"], row["lat"], row["lng"],
            frozenset(skills.get(row["id"], ())),
            frozenset((row["languages"] or "").replace(",", " ").split()),
            frozenset(territories.get(row["id"], ())),
            frozenset(programs.get(row["id"], ())),
            row["performance_score"], row["routing_weight"],
            held.get(row["id"], 0), today.get(row["id"], 0),
            row["max_open_leads"], row["max_offers_per_day"], row["response_sla_hours"],
            tuple(users.get(row["id"], ())) or None,
        )
        for row in conn.execute(query).mappings()
    }  # fmt: skip


def _several(conn: Connection, table: Any, column: str, now: datetime) -> dict[str, list[str]]:
    t = table.c
    query = select(t.partner_account_id, t[column]).where(t.deleted_at.is_(None))
    if "valid_until" in t:
        query = query.where(or_(t.valid_until.is_(None), t.valid_until > now))
    found: dict[str, list[str]] = defaultdict(list)
    for partner, value in conn.execute(query):
        found[partner].append(value)
    return found


def _programs(conn: Connection) -> dict[str, list[str]]:
    e, g = program_enrollment.c, program.c
    query = select(e.partner_account_id, g.code).join(program, g.id == e.program_id).where(e.status == "active", g.active)
    found: dict[str, list[str]] = defaultdict(list)
    for partner, code in conn.execute(query):
        found[partner].append(code)
    return found


def _users(conn: Connection) -> dict[str, list[PartnerUser]]:
    u = partner_user.c
    found: dict[str, list[PartnerUser]] = defaultdict(list)
    query = select(u.partner_account_id, u.id, u.email, u.role, u.status, u.receives_leads).where(u.deleted_at.is_(None))
    for row in conn.execute(query.order_by(u.email)):
        found[row.partner_account_id].append(PartnerUser(row.id, row.email, row.role, row.status, row.receives_leads))
    return found


def loads(conn: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    """How many leads each partner holds, and how many it was offered today (UTC), by its id."""
    held, today = _held(conn), _offered_since(conn, _midnight(now))
    return {id: (held.get(id, 0), today.get(id, 0)) for id in held.keys() | today.keys()}


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _held(conn: Connection) -> dict[str, int]:
    """How many leads each partner holds, or alone was given and has not answered."""
    a = lead_assignment.c
    query = select(a.partner_account_id, func.count()).where(a.state.in_(LIVE), a.partner_account_id.is_not(None))
    return {row[0]: row[1] for row in conn.execute(query.group_by(a.partner_account_id))}


def _offered_since(conn: Connection, since: datetime) -> dict[str, int]:
    o = lead_offer.c
    query = select(o.partner_account_id, func.count()).where(o.offered_at >= since).group_by(o.partner_account_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def turns_of(conn: Connection, *, lock: bool) -> dict[str, dict[str, Turn]]:
    """What is remembered of the members of each pool; with ``lock`` nobody else changes it until this transaction ends."""
    found: dict[str, dict[str, Turn]] = defaultdict(dict)
    query = select(pool_member).order_by(pool_member.c.id)
    for row in conn.execute(query.with_for_update() if lock else query).mappings():
        found[row["pool"]][row["partner_account_id"]] = Turn(
            row["partner_account_id"],
            credit=row["credit"],
            owed=row["owed"] or 0,
            given=row["given"] or 0,
            last_given_at=row["last_given_at"],
        )
    return found
