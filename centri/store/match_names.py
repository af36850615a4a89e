"""The aliases and domains of accounts: kept once each, and counted among the addresses of contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, func, or_, select

from centri.dedupe import identity
from centri.store.prm_tables import account, account_alias, account_domain, contact
from centri.store.upsert import upsert

DomainOf = tuple[str, str, float | None]
"""Account, domain, and the share (0 to 1) of the account's contacts that have it, where it comes from them."""

LEAST_CONTACTS, LEAST_SHARE, MOST_ACCOUNTS = 2, 0.5, 3
"""So many contacts, and this share of an account's, must have a domain; one that more accounts have is nobody's."""


def add_aliases(conn: Connection, given: Iterable[tuple[str, str]], kind: str) -> None:
    """Names of accounts in their cleaned form; one that is known stays as it is, and one that was deleted comes back."""
    rows = [{"account_id": id, "alias_norm": alias, "kind": kind, "deleted_at": None} for id, alias in given]
    upsert(conn, account_alias, rows, ("account_id", "alias_norm"), update=("deleted_at",))


def add_domains(conn: Connection, given: Sequence[DomainOf], kind: str) -> None:
    """Domains of accounts. What a person said of one, or that it is excluded, is not unsaid by what contacts have."""
    rows = [{"account_id": i, "domain": d, "share": s, "kind": kind, "deleted_at": None} for i, d, s in given]
    update = () if kind == "contact_derived" else ("kind", "share", "deleted_at")
    upsert(conn, account_domain, rows, ("account_id", "domain"), update=update)


def elsewhere(conn: Connection, domain: str, account_id: str) -> bool:
    """Another account has this domain."""
    a, d = account.c, account_domain.c
    own = select(a.id).where(a.domain == domain, a.id != account_id, a.deleted_at.is_(None)).limit(1)
    more = (
        select(d.id).where(d.domain == domain, d.account_id != account_id, d.kind != "excluded", d.deleted_at.is_(None)).limit(1)
    )
    return conn.execute(own).first() is not None or conn.execute(more).first() is not None


def of_contacts(conn: Connection, shared: Collection[str]) -> list[DomainOf]:
    """Domains that contacts' addresses give accounts and nobody has entered yet. Read in one pass, by domain in SQL."""
    counted = _counted(conn)
    people: dict[str, int] = defaultdict(int)
    owners: dict[str, set[str]] = defaultdict(set)
    for (id, domain), number in counted.items():
        people[id] += number
        owners[domain].add(id)
    known = _known(conn)
    fresh = [
        (id, domain, number / people[id])
        for (id, domain), number in counted.items()
        if number >= LEAST_CONTACTS and number / people[id] >= LEAST_SHARE and len(owners[domain]) <= MOST_ACCOUNTS
    ]
    return sorted(row for row in fresh if row[1] not in shared and row[:2] not in known)


def _counted(conn: Connection) -> dict[tuple[str, str], int]:
    """How many contacts of each account have addresses of each registered domain."""
    c = contact.c
    host = func.substr(c.email_norm, func.strpos(c.email_norm, "@") + 1)
    if conn.dialect.name == "sqlite":
        host = func.substr(c.email_norm, func.instr(c.email_norm, "@") + 1)
    living = (c.account_id.is_not(None), c.email_norm.is_not(None), c.deleted_at.is_(None))
    query = select(c.account_id, host, func.count()).where(*living).group_by(c.account_id, host)
    found: dict[tuple[str, str], int] = defaultdict(int)
    for id, mail, number in conn.execute(query.execution_options(yield_per=5000)):
        if registered := identity.mail_domain({"email": f"x@{mail}"}):
            found[id, registered] += number
    return found


def _known(conn: Connection) -> set[tuple[str, str]]:
    """Account and domain as entered already, excluded ones too."""
    return set(_pairs(conn))


def _pairs(conn: Connection) -> Iterator[tuple[str, str]]:
    a, d = account.c, account_domain.c
    for id, domain in conn.execute(select(a.id, a.domain).where(a.domain.is_not(None))):
        yield id, domain
    for id, domain in conn.execute(select(d.account_id, d.domain).where(or_(d.deleted_at.is_(None), d.kind == "excluded"))):
        yield id, domain
