"""What a record says about who it is, in canonical form, whichever entity it belongs to; None where it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from centri import values as canonical
from centri.dedupe.dictionaries import Anybody, plain_words, shipped

Values = Mapping[str, Any]

ANYBODY: Anybody = shipped().anybody
"""What says nothing about a company, as the package knows it; a team's mapping may know more."""


def text(values: Values, *fields: str) -> str | None:
    """The first of the fields that holds a text worth the name."""
    for name in fields:
        found = values.get(name)
        if isinstance(found, str) and (told := found.strip()):
            return told
    return None


def company(values: Values, anybody: Anybody = ANYBODY) -> str | None:
    """The cleaned name of the company; None too for a name that is none, such as "n/a"."""
    name = text(values, "company", "name")
    cleaned = canonical.company_name(name) if name else None
    return None if cleaned in anybody.names else cleaned


def is_junk(name: str, anybody: Anybody = ANYBODY) -> bool:
    """The text is what people type where they have no company to name."""
    return canonical.company_name(name) in anybody.names


def site(values: Values, anybody: Anybody = ANYBODY) -> str | None:
    """The registered domain of the company's web site, unless strangers share it."""
    address = text(values, "website", "domain")
    found = canonical.domain(address) if address else None
    return None if found in anybody.domains else found


def mail_domain(values: Values) -> str | None:
    """The registered domain of the e-mail address, free mail included."""
    address = email(values)
    return canonical.domain(address) if address else None


def domains(values: Values, anybody: Anybody = ANYBODY) -> frozenset[str]:
    """The registered domains that a record's web site and e-mail address name, without those that strangers share."""
    return frozenset(filter(None, (site(values, anybody), mail_domain(values)))) - anybody.domains


def only_shared(values: Values) -> bool:
    """The record names a web site or an e-mail domain, and strangers share it."""
    address = text(values, "website", "domain")
    named = filter(None, (mail_domain(values), canonical.domain(address) if address else None))
    return not domains(values) and any(named)


def without(values: Values, anybody: Anybody) -> Values:
    """The values without a company's name and web site that anybody may give."""
    empty = set()
    if is_junk(text(values, "company", "name") or "", anybody):
        empty |= {"company", "name"}
    if site(values, anybody) is None:
        empty |= {"website", "domain"}
    return {name: value for name, value in values.items() if name not in empty} if empty & values.keys() else values


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
