"""What matching last said of each lead, and which leads may be somebody else's now that companies have changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, Table, and_, case, func, literal, select, tuple_, union

from centri.store.match_tables import lead_match, match_change
from centri.store.prm_tables import account, account_alias, account_domain, lead, partner_account
from centri.store.upsert import upsert

COMPETITOR = "competitor"
"""The state reason of a lead that was given up because its company is a competitor."""

_OVER = ("converted", "merged", "disqualified", "expired")


def living() -> ColumnElement[bool]:
    """Leads that matching may touch: nobody's own match is on them, and their life is not over for another reason than it."""
    t = lead.c
    over = and_(t.state.in_(_OVER), ~and_(t.state == "disqualified", func.coalesce(t.state_reason, "") == COMPETITOR))
    return and_(t.match_locked.is_(False), t.deleted_at.is_(None), ~over)


def unmatched(conn: Connection, after: str, most: int) -> dict[str, Mapping[str, Any]]:
    """Leads that were not matched since they came, by id from behind ``after``."""
    query = select(lead).where(lead.c.matched_at.is_(None), living(), lead.c.id > after)
    return _rows(conn, query.order_by(lead.c.id).limit(most))


def every(conn: Connection, after: str, most: int) -> dict[str, Mapping[str, Any]]:
    """All leads that matching may touch, by id from behind ``after``."""
    return _rows(conn, select(lead).where(living(), lead.c.id > after).order_by(lead.c.id).limit(most))


def some(conn: Connection, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Those of some leads that matching may touch."""
    return _rows(conn, select(lead).where(living(), lead.c.id.in_(ids)).order_by(lead.c.id)) if ids else {}


def touched(conn: Connection, since: int, after: str, most: int) -> dict[str, Mapping[str, Any]]:
    """Leads matched before that a company changed since a mark may concern: it shares their domain or name, or is their match."""
    concerned = _concerned(since).subquery()
    query = select(lead).where(lead.c.id.in_(select(concerned.c.id)), lead.c.matched_at.is_not(None), living(), lead.c.id > after)
    return _rows(conn, query.order_by(lead.c.id).limit(most))


def of_same_people(
    conn: Connection, rows: Collection[Mapping[str, Any]], addresses: Collection[str]
) -> dict[str, Mapping[str, Any]]:
    """Leads with one of some addresses, or with a name and the initial of the other as one of some rows has, by id.

    Of a name that more than :data:`MANY_NAMESAKES` leads have there is nobody: it says nothing.
    """
    t = lead.c
    parts = (func.lower(t.last_name), func.lower(func.substr(t.first_name, 1, 1)))
    named = tuple_(*parts)
    people = {pair for row in rows for pair in _name_and_initial(row)}
    few = select(*parts).where(named.in_(people)).group_by(*parts).having(func.count() <= MANY_NAMESAKES)
    found: dict[str, Mapping[str, Any]] = {}
    if addresses:
        found |= _rows(conn, select(lead).where(t.email_norm.in_(addresses), t.deleted_at.is_(None)))
    if people and (kept := [tuple(row) for row in conn.execute(few)]):
        found |= _rows(conn, select(lead).where(named.in_(kept), t.deleted_at.is_(None)))
    return found


MANY_NAMESAKES = 60


def _name_and_initial(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A person's name as the index on leads has it, in either order."""
    first, last = (str(row.get(name) or "").lower() for name in ("first_name", "last_name"))
    return [(last, first[:1]), (first, last[:1])] if first and last else []


def keep(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """What was said of leads now, in the place of what was said before."""
    upsert(conn, lead_match, rows, ("lead_id",))


def said(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """What was last said of some leads."""
    query = select(lead_match).where(lead_match.c.lead_id.in_(ids))
    return {row["lead_id"]: dict(row) for row in conn.execute(query).mappings()} if ids else {}


def waiting(conn: Connection, after: str, most: int) -> list[str]:
    """Leads that a person must decide on, by id from behind ``after``."""
    t = lead.c
    query = select(t.id).where(t.match_class == "review", living(), t.id > after).order_by(t.id).limit(most)
    return list(conn.execute(query).scalars())


def reviewed(conn: Connection, most: int) -> list[Mapping[str, Any]]:
    """Leads that a person must decide on, those that waited longest first: company, what spoke for whom, and how much."""
    t, m = lead.c, lead_match.c
    joined = lead.outerjoin(lead_match, m.lead_id == t.id).outerjoin(account, m.candidate == "account/" + account.c.id)
    columns = (t.id, t.company, t.matched_at, m.score, m.because, m.candidate, account.c.name.label("account"))
    query = (
        select(*columns).select_from(joined).where(t.match_class == "review", living()).order_by(t.matched_at, t.id).limit(most)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def scores(conn: Connection, parts: int = 10) -> dict[tuple[str, int], int]:
    """How many leads were given a score in each of so many equal parts from 0 to 1, by verdict and part."""
    t = lead_match.c
    part = case(*((t.score >= at / parts, at) for at in range(parts - 1, 0, -1)), else_=0).label("part")
    counted = select(t.verdict, part, func.count()).group_by(t.verdict, part)
    return {(verdict, at): number for verdict, at, number in conn.execute(counted)}


def counts(conn: Connection) -> dict[str, int]:
    """How many leads were given each verdict last."""
    t = lead_match.c
    return {row[0]: row[1] for row in conn.execute(select(t.verdict, func.count()).group_by(t.verdict))}


def reviews(conn: Connection) -> int:
    """How many leads a person must decide on."""
    return int(conn.execute(select(func.count()).select_from(lead).where(lead.c.match_class == "review", living())).scalar_one())


def _rows(conn: Connection, query: Select[Any]) -> dict[str, Mapping[str, Any]]:
    return {row["id"]: dict(row) for row in conn.execute(query).mappings()}


def _concerned(since: int) -> CompoundSelect[Any]:
    """Each way in which a changed company leads to leads begins at the changes and goes by an index."""
    a, p, d, s = account.c, partner_account.c, account_domain.c, account_alias.c
    ways = [
        _found("account", account, a.id, a.domain, lead.c.email_domain, since),
        _found("account", account, a.id, a.name_norm, lead.c.company_norm, since),
        _found("account", account_domain, d.account_id, d.domain, lead.c.email_domain, since),
        _found("account", account_alias, s.account_id, s.alias_norm, lead.c.company_norm, since),
        _found("partner_account", partner_account, p.id, p.domain, lead.c.email_domain, since),
        _found("partner_account", partner_account, p.id, p.name_norm, lead.c.company_norm, since),
    ]
    return union(*ways, _matched(since), _named(since))


def _found(entity: str, table: Table, owner: Any, theirs: Any, ours: Any, since: int) -> Select[Any]:
    """Leads without a match that share a key with a changed company."""
    c = match_change.c
    joined = match_change.join(table, and_(c.entity == entity, c.prm_id == owner)).join(lead, theirs == ours)
    return select(lead.c.id).select_from(joined).where(c.mark >= since, lead.c.match_class.in_(("none", "review")))


def _matched(since: int) -> Select[Any]:
    c = match_change.c
    joined = match_change.join(lead, and_(c.entity == "account", c.prm_id == lead.c.matched_account_id))
    return select(lead.c.id).select_from(joined).where(c.mark >= since)


def _named(since: int) -> Select[Any]:
    """Leads whose best candidate is the changed company."""
    c, m = match_change.c, lead_match.c
    company = c.entity + literal("/") + c.prm_id
    joined = match_change.join(lead_match, m.candidate == company)
    return select(m.lead_id.label("id")).select_from(joined).where(c.mark >= since)
