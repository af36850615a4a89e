"""Comparisons: how far two records agree in one respect, as a named level.

Each function of :data:`COMPARISONS` is a word of the ``matching:`` block and takes the values of the record at hand and of a
candidate; they may be of different entities. Where either side says nothing the level is :data:`UNKNOWN`: neither agreement
nor disagreement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from centri.dedupe import identity
from centri.dedupe.identity import Values


@dataclass(frozen=True, slots=True)
class Level:
    """How far two records agree. ``evidence`` is 1 for all that can be had, 0 for nothing either way, negative against."""

    name: str
    evidence: float


UNKNOWN = Level("missing", 0.0)
SAME = Level("same", 1.0)
SAME_SHORT = Level("same_short", 0.65)
NEAR = Level("near", 0.8)
CLOSE = Level("close", 0.5)
SIMILAR = Level("similar", 0.4)
DIFFERENT = Level("different", -0.5)

DOMAIN_SHARED = Level("shared", 0.0)
DOMAIN_LABEL = Level("label", 0.25)
DOMAIN_DIFFERENT = Level("different", -0.25)

PERSON_INITIAL = Level("initial", 0.5)
PHONE_DIFFERENT = Level("different", -0.25)
COUNTRY_DIFFERENT = Level("different", -1.0)

Comparison = Callable[[Values, Values], Level]

_NEAR, _CLOSE, _SIMILAR = 92, 85, 70
_TYPING_ERROR = 80
_SHORT = 8


def company_name(a: Values, b: Values) -> Level:
    """Cleaned names by RapidFuzz's token_sort_ratio: same, near (92 and up), close (85), similar (70), different.

    ``same_short``: the same, but of one word or under eight letters, which many companies are called.
    A near name has as many words, each at most a typing error away from its counterpart: "Deutsche Bahn" is not near
    "Deutsche Bank", though the ratio is 92. A token *set* ratio would give "Acme" 100 against "Acme Analytics".
    """
    one, other = identity.company(a), identity.company(b)
    if one is None or other is None:
        return UNKNOWN
    if one == other:
        return SAME_SHORT if _short(one) else SAME
    return _spelling(one, other)


def _spelling(one: str, other: str) -> Level:
    ratio = fuzz.token_sort_ratio(one, other)
    if ratio >= _NEAR and not _short(one) and not _short(other) and _word_for_word(one, other):
        return NEAR
    return CLOSE if ratio >= _CLOSE else SIMILAR if ratio >= _SIMILAR else DIFFERENT


def _short(name: str) -> bool:
    return " " not in name or len(name) <= _SHORT


def _word_for_word(one: str, other: str) -> bool:
    words, others = sorted(one.split()), sorted(other.split())
    return len(words) == len(others) and all(fuzz.ratio(w, o) >= _TYPING_ERROR for w, o in zip(words, others, strict=True))


def domain(a: Values, b: Values) -> Level:
    """Registered domains of web site and e-mail address: same, label (only the ending differs), different.

    ``shared``: one side has only free mail or a page on a site that strangers share; that counts as unknown.
    """
    ours, theirs = identity.domains(a), identity.domains(b)
    if ours & theirs:
        return SAME
    if not ours or not theirs:
        return DOMAIN_SHARED if identity.only_shared(a) or identity.only_shared(b) else UNKNOWN
    return DOMAIN_LABEL if _labels(ours) & _labels(theirs) else DOMAIN_DIFFERENT


def _labels(domains: frozenset[str]) -> set[str]:
    return {d.partition(".")[0] for d in domains}


def email(a: Values, b: Values) -> Level:
    """E-mail addresses: same or different."""
    return _equal(identity.email(a), identity.email(b), DIFFERENT)


def person_name(a: Values, b: Values) -> Level:
    """First and last names: same (in either order), near (typing errors), initial (first name short or missing), different."""
    one, other = identity.person(a), identity.person(b)
    if one is None or other is None:
        return UNKNOWN
    if sorted(one) == sorted(other):
        return SAME if all(one) else PERSON_INITIAL
    if one[1] == other[1] and _initial(one[0], other[0]):
        return PERSON_INITIAL
    return NEAR if all(fuzz.ratio(x, y) >= _TYPING_ERROR for x, y in zip(one, other, strict=True)) else DIFFERENT


def _initial(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) <= 1 and longer.startswith(shorter)


def phone(a: Values, b: Values) -> Level:
    """Telephone numbers in E.164: same or different; people have several, so a difference says little."""
    return _equal(identity.phone(a), identity.phone(b), PHONE_DIFFERENT)


def city(a: Values, b: Values) -> Level:
    """Cities: same or different, accents and case aside."""
    return _equal(identity.city(a), identity.city(b), DIFFERENT)


def country(a: Values, b: Values) -> Level:
    """Countries, by code or by name: same or different."""
    return _equal(identity.country(a), identity.country(b), COUNTRY_DIFFERENT)


def _equal(one: str | None, other: str | None, otherwise: Level) -> Level:
    if one is None or other is None:
        return UNKNOWN
    return SAME if one == other else otherwise


COMPARISONS: Mapping[str, Comparison] = {f.__name__: f for f in (company_name, domain, email, person_name, phone, city, country)}
