"""What of a PRM row is standardized: the codes that follow from what people wrote, the form of countries and phones, priority."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from centri import values as canonical
from centri.dedupe.blocking import norms
from centri.dedupe.dictionaries import Dictionaries, plain_words
from centri.dedupe.standardize import LONGEST, company_size, industry, job_function, segment, title_level

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standard:
    """One kind of code: the column of what people wrote, that of its code, and how the one follows from the other."""

    kind: str
    raw: str
    column: str
    code: Callable[[Any, Dictionaries], str | None]


_TITLE = (
    Standard("title_level", "title", "title_level_code", title_level),
    Standard("job_function", "title", "job_function_code", job_function),
)
_COMPANY = (
    Standard("industry", "industry_raw", "industry_code", industry),
    Standard("company_size", "employees_raw", "company_size_code", company_size),
)
STANDARDS: Mapping[str, tuple[Standard, ...]] = {"lead": (*_TITLE, *_COMPANY), "contact": _TITLE, "account": _COMPANY}
"""By entity; these are the entities that are cleaned."""

CODES = frozenset(s.column for found in STANDARDS.values() for s in found) | {"segment_code", "priority"}
"""The columns that follow from others."""

_SIZE, _SEGMENT, _LEVEL = "company_size_code", "segment_code", "title_level_code"


def codes(entity: str, values: Row, stored: Row | None, dictionaries: Dictionaries) -> dict[str, Any]:
    """The codes that new ``values`` of a row bring along; a code that is among the values stands."""
    mine = STANDARDS.get(entity, ())
    found: dict[str, Any] = {
        s.column: s.code(values[s.raw], dictionaries) for s in mine if s.raw in values and s.column not in values
    }
    now = {**found, **values}
    if _SIZE in now and _SEGMENT not in values:
        found[_SEGMENT] = segment(now[_SIZE], dictionaries)
    if entity == "lead" and "priority" not in values and (_LEVEL in now or "match_class" in now):
        whole = {**(stored or {}), **now}
        found["priority"] = priority(whole.get(_LEVEL), whole.get("match_class"))
    return found


def cleaned(entity: str, row: Row, dictionaries: Dictionaries) -> dict[str, Any]:
    """The columns of a stored row that ought to hold something else, each with that. What is not known stays as it is."""
    mine = STANDARDS[entity]
    wanted: dict[str, Any] = {s.column: s.code(row[s.raw], dictionaries) for s in mine if row[s.raw] is not None}
    if "country_code" in row:
        wanted["country_code"] = country(row["country_code"])
    if "phone_e164" in row:
        wanted["phone_e164"] = phone(row["phone_e164"], wanted.get("country_code") or row.get("country_code"))
    known = {name: value for name, value in wanted.items() if value is not None}
    whole = {**row, **known}
    if _SEGMENT in row and (found := segment(whole[_SIZE], dictionaries)):
        known[_SEGMENT] = found
    if entity == "lead":
        known["priority"] = priority(whole[_LEVEL], whole["match_class"])
    known |= norms(entity, whole)
    return {name: value for name, value in known.items() if value != row[name]}


def country(text: str | None) -> str | None:
    """The ISO 3166 code of a country; None where the text names none.

    >>> country("Germany"), country("DEU"), country("Neverland")
    ('DE', 'DE', None)
    """
    try:
        return canonical.country(text[:LONGEST]) if text else None
    except ValueError:
        return None


def phone(text: str | None, region: str | None) -> str | None:
    """A telephone number in E.164; ``region`` is where one without a country's code is dialled. None where it is no number.

    >>> phone("089 5550101", "DE")
    '+49895550101'
    """
    try:
        return canonical.phone(text, country(region)) if text and len(text) <= LONGEST else None
    except ValueError:
        return None


def blank(raw: Any) -> bool:
    """There is no word in it, so that nothing was said."""
    return raw is None or not plain_words(str(raw)[:LONGEST])


def known(kind: str, raw: str, dictionaries: Dictionaries) -> bool:
    """A dictionary says something of this text, if only that it means nothing."""
    return KNOWN[kind](raw[:LONGEST], dictionaries)


KNOWN: Mapping[str, Callable[[str, Dictionaries], bool]] = MappingProxyType({
    "title_level": lambda text, d: d.levels.find(text) is not None,
    "job_function": lambda text, d: d.functions.find(text) is not None,
    "industry": lambda text, d: d.industries.find(text) is not None,
    "company_size": lambda text, d: company_size(text, d) is not None,
    "country": lambda text, _: country(text) is not None,
    "phone": lambda text, _: phone(text, None) is not None,
})  # fmt: skip
"""Every kind of miss, and what is none."""

_BY_LEVEL: Mapping[str | None, int] = {
    "C_LEVEL": 80, "OWNER": 75, "VP": 70, "DIRECTOR": 60, "MANAGER": 50, "STAFF": 30, None: 20, "ENTRY": 10, "STUDENT": 0,
}  # fmt: skip
_BY_MATCH: Mapping[str | None, int] = {"named": 25}
_LAST = ("ENTRY", "STUDENT")
"""Levels that come last whatever their company is."""


def priority(level: str | None, match_class: str | None) -> int:
    """How early a lead is to be worked on, the highest first: by its title's level, and by what its account is to us.

    >>> priority("C_LEVEL", "named") > priority("VP", "none") > priority("MANAGER", "none") > priority("STUDENT", "named")
    True
    """
    more = 0 if level in _LAST else _BY_MATCH.get(match_class, 0)
    return _BY_LEVEL.get(level, _BY_LEVEL[None]) + more
