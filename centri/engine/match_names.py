"""Further names and domains of accounts: told by people, learned from confirmed matches and from contacts' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from centri import values as canonical
from centri.dedupe import identity
from centri.dedupe.dictionaries import Anybody
from centri.engine.match_sayings import found
from centri.engine.project import Project
from centri.errors import ConfigError
from centri.store import match_names
from centri.store.database import read, write
from centri.store.match_rows import row_of
from centri.store.prm_tables import account


def add_alias(project: Project, whom: str, name: str, *, kind: str = "manual") -> tuple[str, str]:
    """An account is also called so. Answers the account's id and the name as it is kept. Raises ConfigError."""
    alias = identity.company({"name": name}, project.mapping.dictionaries.anybody)
    if not alias:
        raise ConfigError(f"{name!r} is no company's name")
    with write(project.engine) as conn:
        id = _account(conn, whom)
        match_names.add_aliases(conn, [(id, alias)], kind)
    return id, alias


def add_domain(project: Project, whom: str, domain: str, *, kind: str = "secondary") -> tuple[str, str]:
    """An account has this domain too; of kind ``excluded`` it has not, whatever contacts say. Raises ConfigError."""
    registered = canonical.domain(domain)
    if not registered:
        raise ConfigError(f"{domain!r} is no domain")
    if registered in project.mapping.dictionaries.anybody.domains:
        raise ConfigError(f"strangers share {registered}: it says nothing about a company")
    with write(project.engine) as conn:
        id = _account(conn, whom)
        match_names.add_domains(conn, [(id, registered, None)], kind)
    return id, registered


def learn(conn: Connection, stored: Mapping[str, Any], chosen: str, anybody: Anybody) -> None:
    """What a lead calls its company, and its domain, are that account's, since a person said that it is this one.

    A name that is the account's own already teaches nothing; nor does a domain that strangers, or several accounts, share.
    """
    entity, id = row_of(chosen)
    if entity != "account":
        return
    row = conn.execute(select(account.c.name_norm, account.c.domain).where(account.c.id == id)).one()
    alias = identity.company(stored, anybody)
    if alias and alias != row.name_norm:
        match_names.add_aliases(conn, [(id, alias)], "manual")
    fresh = identity.domains(stored, anybody) - {row.domain}
    match_names.add_domains(conn, [(id, d, None) for d in sorted(fresh) if not match_names.elsewhere(conn, d, id)], "secondary")


def learn_from_contacts(project: Project, *, plan: bool = False) -> list[dict[str, Any]]:
    """The domains of contacts' addresses, of accounts that have enough of them. Answers those that are new, with their share."""
    with read(project.engine) as conn:
        fresh = match_names.of_contacts(conn, project.mapping.dictionaries.anybody.domains)
    if fresh and not plan:
        with write(project.engine) as conn:
            match_names.add_domains(conn, fresh, "contact_derived")
    return [{"account": id, "domain": domain, "share": round(share or 0.0, 3)} for id, domain, share in fresh]


def _account(conn: Connection, whom: str) -> str:
    entity, id = row_of(found(conn, whom))
    if entity != "account":
        raise ConfigError(f"{whom!r} is a partner; only accounts have further names and domains")
    return id
