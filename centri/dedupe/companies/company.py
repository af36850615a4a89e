"""What a record says about a company, in the form that is indexed and compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from centri import values as canonical
from centri.dedupe import identity
from centri.dedupe.dictionaries import Anybody
from centri.dedupe.names import CompanyName, company_name

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Company:
    """``id`` names the record. ``names`` are what it is called, the first its own name, the others aliases.

    ``domains`` are registered domains, and ``hosts`` those that each was read from ("de.acme.com"), side by side; never ones that
    strangers share. ``shared`` says that the record had only such. ``country`` is a code of two letters, ``city`` plain words.
    """

    id: str
    names: tuple[CompanyName, ...] = ()
    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    country: str = ""
    city: str = ""
    shared: bool = False
    junk: bool = False

    @property
    def name(self) -> CompanyName:
        return self.names[0] if self.names else CompanyName()


def company(
    id: str,
    values: Values,
    aliases: Collection[str] = (),
    more_domains: Collection[str] = (),
    anybody: Anybody = identity.ANYBODY,
) -> Company:
    """The company that a lead, account or partner names. ``aliases`` and ``more_domains`` are what is known of it besides."""
    written = identity.text(values, "company", "name") or ""
    junk = identity.is_junk(written, anybody)
    named = company_name(written) if written and not junk else CompanyName()
    names = [name for name in (named, *named.others, *map(company_name, aliases)) if name.words]
    hosts = [*_hosts(values), *more_domains, *([named.web] if named.web else [])]
    registered = {host: canonical.domain(host) for host in hosts}
    kept = {host: domain for host, domain in registered.items() if domain and domain not in anybody.domains}
    return Company(
        id,
        tuple(names),
        tuple(kept.values()),
        tuple(kept),
        identity.country(values) or named.country or "",
        identity.city(values) or "",
        shared=bool(hosts) and not kept,
        junk=junk,
    )


def _hosts(values: Values) -> list[str]:
    """The hosts that web site, domain and e-mail address name, as written."""
    address = identity.email(values)
    mail = address.rpartition("@")[2] if address else ""
    site = (identity.text(values, "website", "domain") or "").lower()
    return [host for host in (_host(site), mail) if host]


def _host(site: str) -> str:
    bare = site.rsplit("://", maxsplit=1)[-1].split("/", maxsplit=1)[0].rsplit("@", maxsplit=1)[-1].split(":", maxsplit=1)[0]
    return bare.removeprefix("www.")
