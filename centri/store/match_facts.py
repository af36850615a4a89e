"""What the store knows of candidates beside their names: class, family, people, deals, and when something happened last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, or_, select

from centri.dedupe import identity
from centri.dedupe.companies.rules import Facts
from centri.store.match_rows import company_id, row_of
from centri.store.prm import tell
from centri.store.prm_tables import account, activity, contact, named_account, opportunity, partner_account

_CLASSES = ("customer", "prospect", "competitor", "partner")
_DEEPEST = 8
"""Parents that are followed upwards."""


def facts(conn: Connection, companies: Collection[str], now: datetime) -> dict[str, Facts]:
    """Facts of companies by id, and of their parents, so that families are seen; one query for each kind and level."""
    known: dict[str, Facts] = {}
    wanted = set(companies)
    for _ in range(_DEEPEST):
        if not wanted:
            break
        known.update(_level(conn, wanted, now))
        wanted = {found.parent for found in known.values() if found.parent} - known.keys()
    return known


def _level(conn: Connection, companies: Collection[str], now: datetime) -> Iterator[tuple[str, Facts]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for company in sorted(companies):
        entity, id = row_of(company)
        ids[entity].append(id)
    for row in conn.execute(_accounts(ids["account"], now)).mappings() if ids["account"] else ():
        yield company_id("account", row["id"]), _of_account(dict(row))
    for row in conn.execute(_partners(ids["partner_account"])).mappings() if ids["partner_account"] else ():
        yield company_id("partner_account", row["id"]), _of_partner(dict(row))


def _accounts(ids: Collection[str], now: datetime) -> Select[Any]:
    a, c, o, v, n = account.c, contact.c, opportunity.c, activity.c, named_account.c
    people = select(func.count()).where(c.account_id == a.id, c.deleted_at.is_(None)).scalar_subquery()
    mine: tuple[ColumnElement[bool], ...] = (o.account_id == a.id, o.deleted_at.is_(None))
    deals = select(func.count()).where(*mine, o.stage_category == "open").scalar_subquery()
    about = select(o.id).where(*mine).correlate(account)
    last = select(func.max(v.occurred_at)).where(v.subject_type == "opportunity", v.subject_id.in_(about)).scalar_subquery()
    living = (n.deleted_at.is_(None), n.valid_from <= now, or_(n.valid_to.is_(None), n.valid_to > now))
    protected = select(literal(1)).where(n.account_id == a.id, *living).exists()
    named = case((protected, "named"), else_=a.account_class)
    columns = (a.id, a.name, a.country_code, a.city, a.parent_account_id, a.created_at, a.crm_created_at)
    return select(*columns, named.label("class"), people.label("people"), deals.label("deals"), last.label("last")).where(
        a.id.in_(ids)
    )


def _of_account(row: Mapping[str, Any]) -> Facts:
    parent = row["parent_account_id"]
    return Facts(
        company_class=row["class"] if row["class"] in (*_CLASSES, "named") else "prospect",
        country=identity.country(row) or "",
        city=identity.city(row) or "",
        parent=company_id("account", parent) if parent else "",
        name=row["name"],
        contacts=row["people"],
        open_opportunities=row["deals"],
        last_activity=tell(row["last"]) or "",
        created=tell(row["crm_created_at"] or row["created_at"]),
    )


def _partners(ids: Collection[str]) -> Select[Any]:
    t = partner_account.c
    return select(t.id, t.name, t.country_code, t.city, t.parent_partner_id, t.created_at).where(t.id.in_(ids))


def _of_partner(row: Mapping[str, Any]) -> Facts:
    parent = row["parent_partner_id"]
    return Facts(
        company_class="partner",
        country=identity.country(row) or "",
        city=identity.city(row) or "",
        parent=company_id("partner_account", parent) if parent else "",
        name=row["name"],
        created=tell(row["created_at"]),
    )
