"""The companies of the store as matching knows them: accounts and partners, with what they are called and found under besides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select

from centri.store.match_marks import parts
from centri.store.prm_tables import account, account_alias, account_domain, partner_account

COMPANIES = {"account": account, "partner_account": partner_account}

CHUNK = 5_000
_PARAMETERS = 400


class CompanyRow(NamedTuple):
    """A company as it is stored. ``id`` is ``entity/id``; ``domains`` are those beside the one of its web site."""

    id: str
    name: str | None
    website: str | None
    domain: str | None
    country: str | None
    city: str | None
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def company_id(entity: str, id: str) -> str:
    """How matching names a row of the store."""
    return f"{entity}/{id}"


def row_of(company: str) -> tuple[str, str]:
    """(entity, id) of a company."""
    entity, _, id = company.partition("/")
    return entity, id


def count(conn: Connection) -> int:
    """How many companies there are."""
    return sum(conn.execute(select(func.count()).where(t.c.deleted_at.is_(None))).scalar_one() for t in COMPANIES.values())


def every(conn: Connection, most: int = CHUNK) -> Iterator[list[CompanyRow]]:
    """All living companies, some at once, each entity by id."""
    for entity, table in COMPANIES.items():
        last = ""
        while rows := _page(conn, table, last, most):
            first, last = rows[0][0], rows[-1][0]
            yield _companies(conn, entity, rows, lambda column: column.between(first, last))  # noqa: B023 - used at once


def some(conn: Connection, wanted: Collection[tuple[str, str]]) -> Iterator[CompanyRow]:
    """Those of some companies that are living."""
    ids: dict[str, list[str]] = defaultdict(list)
    for entity, id in sorted(wanted):
        ids[entity].append(id)
    for entity, mine in ids.items():
        table = COMPANIES[entity]
        for part in parts(mine, _PARAMETERS):
            rows = conn.execute(_columns(table).where(table.c.id.in_(part), table.c.deleted_at.is_(None))).all()
            yield from _companies(conn, entity, rows, lambda column: column.in_(part))  # noqa: B023 - used at once


def _columns(table: Table) -> Any:
    t = table.c
    return select(t.id, t.name, t.website, t.domain, t.country_code, t.city)


def _page(conn: Connection, table: Table, after: str, most: int) -> Sequence[Any]:
    query = _columns(table).where(table.c.id > after, table.c.deleted_at.is_(None)).order_by(table.c.id).limit(most)
    return conn.execute(query).all()


def _companies(conn: Connection, entity: str, rows: Sequence[Any], within: Any) -> list[CompanyRow]:
    aliases = _several(conn, account_alias, "alias_norm", within) if entity == "account" else {}
    domains = _several(conn, account_domain, "domain", within) if entity == "account" else {}
    beside = ((tuple(aliases.get(row[0], ())), tuple(domains.get(row[0], ()))) for row in rows)
    return [
        CompanyRow(company_id(entity, row.id), row.name, row.website, row.domain, row.country_code, row.city, *more)
        for row, more in zip(rows, beside, strict=True)
    ]


def _several(conn: Connection, table: Table, column: str, within: Any) -> dict[str, list[str]]:
    """What a table says of some accounts, in one order whichever the store finds them in."""
    t = table.c
    where: list[ColumnElement[bool]] = [within(t.account_id), t.deleted_at.is_(None)]
    if "kind" in t and table is account_domain:
        where.append(t.kind != "excluded")
    found: dict[str, list[str]] = defaultdict(list)
    for id, text in conn.execute(select(t.account_id, t[column]).where(*where)):
        found[id].append(text)
    return {id: sorted(texts) for id, texts in found.items()}
