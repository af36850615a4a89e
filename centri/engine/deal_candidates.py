"""What a registered deal may be a duplicate of: deals, opportunities and leads here, and what is only in the CRMs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, or_, select

from centri.dedupe import identity
from centri.engine.deal_searches import Candidate, elsewhere
from centri.engine.match_answers import explained_values
from centri.engine.project import Project
from centri.partners.deals import OPEN, likeness, overlaps
from centri.records import PRM
from centri.store.database import read, write
from centri.store.match_rows import row_of
from centri.store.partner_tables import deal_candidate, deal_registration
from centri.store.prm_tables import account, lead, opportunity
from centri.store.upsert import upsert

Row = Mapping[str, Any]

FLOOR = 0.2
"""The probability below which nothing is worth a look."""

_ACCOUNTS = 10
_LEADS_OVER = ("converted", "merged", "disqualified", "expired")


def find_candidates(project: Project, deal_id: str, *, ask: bool = False) -> list[Candidate]:
    """Look for duplicates and keep what was found in place of what was found before; the likeliest first.

    With ``ask`` the CRMs are asked for what they have not told yet; one that cannot be asked now is passed over.
    """
    with read(project.engine) as conn:
        deal = dict(conn.execute(select(deal_registration).where(deal_registration.c.id == deal_id)).mappings().one())
        accounts = _accounts(project, conn, deal)
        found = [*_of_accounts(conn, accounts), *_deals(conn, deal, accounts), *_opportunities(conn, deal, accounts)]
        found += _leads(conn, deal, accounts)
    best = _best([*found, *elsewhere(project, deal, accounts, ask=ask)])
    with write(project.engine) as conn:
        _keep(conn, deal_id, best, project.now())
    return best


def candidates(conn: Connection, deal_id: str) -> list[Row]:
    """What was found when it was looked for last, the likeliest first."""
    t = deal_candidate.c
    query = select(deal_candidate).where(t.deal_id == deal_id).order_by(t.score.desc(), t.other_type, t.other_ref)
    return [dict(row) for row in conn.execute(query).mappings()]


def _accounts(project: Project, conn: Connection, deal: Row) -> dict[str, float]:
    """The accounts that the deal's customer may be, each with its probability. The one that was found before is sure."""
    said = {"company": deal["account_name"], "email": deal["contact_email"]}
    told = {name: value for name, value in said.items() if value}
    found: dict[str, float] = {}
    if told and project.mapping.lead_account is not None:
        for one in explained_values(project, told).ranking.of(0, _ACCOUNTS):
            entity, id = row_of(one.id)
            if entity == "account":
                found[id] = one.score
    elif name := identity.company(told):
        t = account.c
        same = select(t.id).where(t.name_norm == name, t.deleted_at.is_(None)).limit(_ACCOUNTS)
        found = dict.fromkeys(conn.execute(same).scalars(), 1.0)
    return found | ({deal["account_id"]: 1.0} if deal["account_id"] else {})


def _of_accounts(conn: Connection, accounts: Mapping[str, float]) -> Iterator[Candidate]:
    t = account.c
    for id, name in conn.execute(select(t.id, t.name).where(t.id.in_(accounts))) if accounts else ():
        yield Candidate("account", PRM, id, name, accounts[id], ("the customer's account",))


def _deals(conn: Connection, deal: Row, accounts: Mapping[str, float]) -> Iterator[Candidate]:
    t = deal_registration.c
    there = t.account_id.in_(accounts)
    same_name = or_(there, t.account_name == deal["account_name"]) if deal["account_name"] else there
    living = (t.state.in_([*OPEN, "approved"]), t.number != deal["number"], t.deleted_at.is_(None))
    for row in conn.execute(select(deal_registration).where(same_name, *living)).mappings():
        score, why = likeness(accounts.get(row["account_id"], 0.6), deal["product_family"], row["product_family"])
        approved = row["state"] == "approved"
        standing = f"approved until {row['expires_at']:%Y-%m-%d}" if approved else row["state"].replace("_", " ")
        yield Candidate("deal", PRM, row["id"], row["number"], score, (why, standing))


def _opportunities(conn: Connection, deal: Row, accounts: Mapping[str, float]) -> Iterator[Candidate]:
    t = opportunity.c
    living = (t.account_id.in_(accounts), t.stage_category == "open", t.deleted_at.is_(None))
    for row in conn.execute(select(opportunity).where(*living)).mappings() if accounts else ():
        if row["id"] != deal["opportunity_id"]:
            score, why = likeness(accounts[row["account_id"]], deal["product_family"], row["product_family"])
            yield Candidate("opportunity", PRM, row["id"], row["name"], score, (why, f"an open {row['motion']} opportunity"))


def _leads(conn: Connection, deal: Row, accounts: Mapping[str, float]) -> Iterator[Candidate]:
    t = lead.c
    address = identity.email({"email": deal["contact_email"]})
    near = or_(t.matched_account_id.in_(accounts), t.email_norm == address) if address else t.matched_account_id.in_(accounts)
    living = (near, t.state.not_in(_LEADS_OVER), t.deleted_at.is_(None))
    for row in conn.execute(select(lead).where(*living)).mappings():
        if row["id"] == deal["lead_id"]:
            continue
        label = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["company"] or row["id"]
        if address and row["email_norm"] == address:
            yield Candidate("lead", PRM, row["id"], label, 0.95, ("the same person",))
            continue
        wanted = any(overlaps(deal["product_family"], product) for product in row["product_interest"] or ())
        why = "same account, interested in the product" if wanted else "same account"
        yield Candidate("lead", PRM, row["id"], label, accounts[row["matched_account_id"]] * (0.7 if wanted else 0.4), (why,))


def _best(found: Sequence[Candidate]) -> list[Candidate]:
    """Each once, the likeliest first, without those that are hardly likely."""
    ordered = sorted((c for c in found if c.score >= FLOOR), key=lambda c: (-c.score, c.type, c.ref))
    return list({(c.type, c.system, c.ref): c for c in reversed(ordered)}.values())[::-1]


def _keep(conn: Connection, deal_id: str, found: Sequence[Candidate], now: Any) -> None:
    conn.execute(delete(deal_candidate).where(deal_candidate.c.deal_id == deal_id))
    rows = [
        {
            "deal_id": deal_id,
            "other_type": c.type,
            "system": c.system,
            "other_ref": c.ref,
            "label": c.label,
            "score": round(c.score, 4),
            "reasons": list(c.reasons),
            "checked_at": now,
        }
        for c in found
    ]
    upsert(conn, deal_candidate, rows, ("deal_id", "system", "other_type", "other_ref"))
