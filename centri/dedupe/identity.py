"""What a record says about who it is, in canonical form, whichever entity it belongs to; None where it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from centri import values as canonical
from centri.dedupe.dictionaries import load, plain_words

Values = Mapping[str, Any]

_shared = load("shared_domains")
SHARED_DOMAINS: frozenset[str] = frozenset(_shared["mail"]) | frozenset(_shared["pages"])
"""Domains that many strangers share, of free mail and of web pages: they say nothing about a company."""

JUNK_NAMES: frozenset[str] = frozenset(load("junk_names"))
"""What people type where a company's name is asked and they have none to give, in cleaned form."""


def text(values: Values, *fields: str) -> str | None:
    """The first of the fields that holds a text worth the name."""
    found = (values.get(name) for name in fields)
    return next((v.strip() for v in found if isinstance(v, str) and v.strip()), None)


def company(values: Values) -> str | None:
    """The cleaned name of the company; None too for a name that is none, such as "n/a"."""
    name = text(values, "company", "name")
    cleaned = canonical.company_name(name) if name else None
    return None if cleaned in JUNK_NAMES else cleaned


def site(values: Values) -> str | None:
    """The registered domain of the company's web site, unless strangers share it."""
    address = text(values, "website", "domain")
    found = canonical.domain(address) if address else None
    return None if found in SHARED_DOMAINS else found


def mail_domain(values: Values) -> str | None:
    """The registered domain of the e-mail address, free mail included."""
    address = email(values)
    return canonical.domain(address) if address else None


def domains(values: Values) -> frozenset[str]:
    """The registered domains that a record's web site and e-mail address name, without those that strangers share."""
    return frozenset(filter(None, (site(values), mail_domain(values)))) - SHARED_DOMAINS


def only_shared(values: Values) -> bool:
    """The record names a web site or an e-mail domain, and strangers share it."""
    address = text(values, "website", "domain")
    named = filter(None, (mail_domain(values), canonical.domain(address) if address else None))
    return not domains(values) and any(named)


def email(values: Values) -> str | None:
    return _understood(canonical.email, text(values, "email", "email_norm"))


def country(values: Values) -> str | None:
    return _understood(canonical.country, text(values, "country_code", "country"))


def phone(values: Values) -> str | None:
    return _understood(canonical.phone, text(values, "phone_e164", "phone"))


def city(values: Values) -> str | None:
    return " ".join(plain_words(text(values, "city") or "")) or None


def person(values: Values) -> tuple[str, str] | None:
    """First and last name in plain small letters; the first is "" where it is not known."""
    first, last = (" ".join(plain_words(text(values, name) or "")) for name in ("first_name", "last_name"))
    return (first, last) if last else None


def _understood(form: Callable[[str], str], written: str | None) -> str | None:
    try:
        return form(written) if written else None
    except ValueError:
        return None
