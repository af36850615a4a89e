"""Rules in words for what is a duplicate: any of some lists of fields that must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from centri.dedupe import identity
from centri.dedupe.dictionaries import plain_words
from centri.dedupe.identity import Values

Form = Callable[[Values], str | None]

EXACT = 100


def email(values: Values) -> str | None:
    """The e-mail address in small letters."""
    return identity.email(values)


def first_name(values: Values) -> str | None:
    """The first name in plain small letters."""
    return _plain(values, "first_name")


def last_name(values: Values) -> str | None:
    """The last name in plain small letters."""
    return _plain(values, "last_name")


def phone(values: Values) -> str | None:
    """The telephone number in E.164; the digits of one that is none."""
    return identity.phone(values) or "".join(filter(str.isdigit, identity.text(values, "phone_e164", "phone") or "")) or None


def company(values: Values) -> str | None:
    """The cleaned name of the company, of an account its own."""
    return identity.company(values)


def website(values: Values) -> str | None:
    """The registered domain of the web site; never one that strangers share."""
    return identity.site(values)


def email_domain(values: Values) -> str | None:
    """The registered domain of the e-mail address; never one that strangers share."""
    found = identity.mail_domain(values)
    return None if found in identity.ANYBODY.domains else found


def city(values: Values) -> str | None:
    """The city in plain small letters."""
    return identity.city(values)


def country(values: Values) -> str | None:
    """The country, by code or by name."""
    return identity.country(values)


def postal_code(values: Values) -> str | None:
    """The postal code."""
    return _plain(values, "postal_code")


def street(values: Values) -> str | None:
    """Street and number in plain small letters."""
    return _plain(values, "street")


def title(values: Values) -> str | None:
    """The job title in plain small letters."""
    return _plain(values, "title")


def _plain(values: Values, field: str) -> str | None:
    return " ".join(plain_words(identity.text(values, field) or "")) or None


FIELDS: Mapping[str, Form] = {
    f.__name__: f
    for f in (email, first_name, last_name, phone, company, website, email_domain, city, country, postal_code, street, title)
}
"""The words of rules: what of a record must agree; one that says nothing agrees with none."""


@dataclass(frozen=True, slots=True)
class Same:
    """A field that must agree: wholly, or by at least so many of 100 in RapidFuzz's token_sort_ratio."""

    field: str
    least: int = EXACT

    def __str__(self) -> str:
        return self.field if self.least == EXACT else f"{self.field}~{self.least}"


Rule = tuple[Same, ...]


def rule(words: Iterable[str]) -> Rule:
    """A rule of its words. Raises ValueError for words that are none, and for a rule without any field that must agree wholly."""
    made = tuple(_same(word) for word in words)
    if not any(one.least == EXACT for one in made):
        told = ", ".join(map(str, made)) or "empty"
        raise ValueError(f"a rule needs a field without ~ that records are found by; this one is {told}")
    return made


def _same(word: str) -> Same:
    field, tilde, least = word.strip().partition("~")
    if field not in FIELDS:
        raise ValueError(f"no field of a rule is called {field!r}; there are {', '.join(FIELDS)}")
    if tilde and not (least.isdigit() and 0 < int(least) <= EXACT):
        raise ValueError(f"{word!r}: behind ~ stands how alike the two must be, from 1 to 100")
    return Same(field, int(least) if tilde else EXACT)


@dataclass(frozen=True, slots=True)
class Rules:
    """Two records are one where any of the rules holds."""

    any: tuple[Rule, ...]

    @classmethod
    def of(cls, any: Iterable[Iterable[str]]) -> Rules:
        """Rules as they stand in YAML: ``[[email], [first_name, last_name, company~90]]``. Raises ValueError."""
        return cls(tuple(rule(words) for words in any))
