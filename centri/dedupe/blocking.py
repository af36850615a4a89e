"""Blocking: the keys that two records must share one of before anybody compares them.

Each function of :data:`BLOCKS` is a word of the ``matching:`` block. A key is a pair (word, text).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from centri.dedupe import identity
from centri.dedupe.identity import Values

Key = tuple[str, str]

_PREFIX_LETTERS = 6
_PREFIX_LEAST = 4


def domain(values: Values) -> Iterable[str]:
    """The registered domains of web site and e-mail address; never one that strangers share, such as free mail."""
    return identity.domains(values)


def name(values: Values) -> Iterable[str]:
    """The cleaned company name."""
    return filter(None, (identity.company(values),))


def name_prefix(values: Values) -> Iterable[str]:
    """The first six letters of the cleaned company name, blanks left out; no key for names under four letters.

    No column of the store holds it: it is for candidates that are at hand.
    """
    letters = (identity.company(values) or "").replace(" ", "")
    return (letters[:_PREFIX_LETTERS],) if len(letters) >= _PREFIX_LEAST else ()


def email(values: Values) -> Iterable[str]:
    """The e-mail address in small letters."""
    return filter(None, (identity.email(values),))


def phone(values: Values) -> Iterable[str]:
    """The telephone number in E.164."""
    return filter(None, (identity.phone(values),))


BLOCKS: Mapping[str, Callable[[Values], Iterable[str]]] = {f.__name__: f for f in (domain, name, name_prefix, email, phone)}


def blocking_keys(values: Values, words: Iterable[str]) -> set[Key]:
    """The keys under which a record's possible counterparts are found."""
    return {(word, key) for word in words for key in BLOCKS[word](values)}


_COMPANY_COLUMNS = {"domain": "domain", "name": "name_norm"}

BLOCK_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "account": {**_COMPANY_COLUMNS, "phone": "phone_e164"},
    "partner_account": _COMPANY_COLUMNS,
    "lead": {"email": "email_norm", "domain": "email_domain", "name": "company_norm", "phone": "phone_e164"},
    "contact": {"email": "email_norm", "phone": "phone_e164"},
    "vendor_user": {"email": "email"},
}
"""Where the store finds the candidates of an entity that have a key: entity, then word, then column."""

Norm = tuple[tuple[str, ...], Callable[[Values], str | None]]

_COMPANY_NORMS: Mapping[str, Norm] = {
    "name_norm": (("name",), identity.company),
    "domain": (("website", "domain"), identity.site),
}
_EMAIL_NORM: Norm = (("email",), identity.email)

_NORMS: Mapping[str, Mapping[str, Norm]] = {
    "account": _COMPANY_NORMS,
    "partner_account": _COMPANY_NORMS,
    "lead": {
        "company_norm": (("company",), identity.company),
        "email_norm": _EMAIL_NORM,
        "email_domain": (("email",), identity.mail_domain),
    },
    "contact": {"email_norm": _EMAIL_NORM},
}


def norms(entity: str, values: Values) -> dict[str, Any]:
    """The derived columns of a PRM row, equal to what :func:`blocking_keys` asks for; the store sets them at every write.

    Only columns whose source fields are among ``values`` are given, so a write of some fields leaves the others' columns
    alone; a source without a usable value gives None. ``domain`` follows ``website`` where both are written.
    """
    columns = _NORMS.get(entity, MappingProxyType({}))
    return {column: form(values) for column, (sources, form) in columns.items() if any(s in values for s in sources)}
