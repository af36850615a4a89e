"""Which CRM field holds a PRM field: known names first, else likeness of names and labels where the types fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from centri.descriptions import Field
from centri.mappings.scaffold_fields import PrmField
from centri.mappings.standard import StandardField, standards

SURE = 0.9
"""From here on, and with a clear lead, a likeness counts as found."""
LEAD = 0.05
FITTING = 0.7
"""From here on a type fits well enough for a known name."""
LIKELY = 0.65
"""From here on a likeness is worth proposing, as unsure."""
WORTH_NAMING = 0.5
"""From here on a likeness is worth naming beside another."""


@dataclass(frozen=True, slots=True)
class Match:
    """A CRM field found for a PRM field. ``rivals`` are the next best with their scores, best first."""

    prm: str
    crm: str
    score: float
    sure: bool
    rivals: tuple[tuple[str, float], ...] = ()


_FITS: Mapping[str, Mapping[str, float]] = {
    "text": {"text": 1, "choice": 1, "integer": 0.9, "number": 0.8, "money": 0.5, "emails": 0.8},
    "boolean": {"boolean": 1, "choice": 0.85, "text": 0.7},
    "integer": {"integer": 1, "number": 0.95, "text": 0.7},
    "number": {"number": 1, "integer": 0.95, "money": 0.9, "text": 0.7},
    "money": {"money": 1, "number": 0.9, "integer": 0.9, "text": 0.9},
    "date": {"date": 1, "datetime": 0.9, "text": 0.7},
    "datetime": {"datetime": 1, "date": 0.8, "text": 0.7},
    "choice": {"choice": 1, "text": 0.7, "boolean": 0.7},
    "list": {"choices": 1, "choice": 0.8},
    "reference": {"reference": 1, "text": 0.8},
}
"""PRM kind -> CRM types that it can be mapped to, and how well; what is not named cannot be."""

_NOISE = frozenset({"prm", "centri", "lbl", "raw", "code", "e164", "vendor", "user"})
_ID_LENGTHS = (18, 36)


def matches(entity: str, prm: Mapping[str, PrmField], crm: Mapping[str, Field], *, taken: Collection[str] = ()) -> list[Match]:
    """At most one CRM field for each PRM field, in the PRM fields' order; only proposals of some likelihood.

    ``taken`` are CRM fields that are mapped already. By likeness a CRM field goes to one PRM field only.
    """
    standard = standards()[entity].fields
    found: dict[str, Match] = {}
    for name, field in prm.items():
        if exact := _known(standard[name], field, crm, taken):
            found[name] = Match(name, exact, 1.0, sure=True)
    used = {*taken, *(match.crm for match in found.values())}
    scored = {
        (p, c): score
        for p, field in prm.items()
        if p not in found
        for c, described in crm.items()
        if c not in used and (score := likeness(entity, field, described)) >= WORTH_NAMING
    }
    for p, c in sorted(scored, key=lambda pair: (-scored[pair], pair)):
        if scored[p, c] >= LIKELY and p not in found and c not in used:
            found[p] = _proposal(p, c, scored)
            used.add(c)
    return [found[name] for name in prm if name in found]


def nearest(entity: str, prm: Iterable[PrmField], described: Field) -> list[tuple[str, float]]:
    """PRM fields that a CRM field may hold, the likeliest first, a known name with 1."""
    standard = standards()[entity].fields
    scored = {
        field.name: 1.0
        if field.name in standard and _named(standard[field.name], described.name, field, described)
        else likeness(entity, field, described)
        for field in prm
    }
    return sorted(((name, score) for name, score in scored.items() if score > 0), key=lambda found: -found[1])


def fit(field: PrmField, described: Field) -> float:
    """How well a CRM field's type takes what a PRM field holds, 0 to 1."""
    fits = _FITS.get(field.kind, {}).get(described.type, 0.0)
    if field.kind == "reference":
        if described.type == "text" and described.length not in _ID_LENGTHS:
            return 0.0
        objects = standards()[field.to].objects if field.to in standards() else ()
        return fits if not described.references or set(described.references) & set(objects) or not objects else 0.0
    return fits


def likeness(entity: str, field: PrmField, described: Field) -> float:
    """How alike two fields are by name, label and type, 0 to 0.97."""
    fits = fit(field, described)
    if not fits:
        return 0.0
    mine = _names(entity, field)
    told = [_words(described.name, entity), _words(described.label, entity)]
    by_name, by_label = (max((_similar(m, t) for m in mine), default=0.0) if t else 0.0 for t in told)
    best, second = max(by_name, by_label), min(by_name, by_label)
    closeness = 0.9 * best + 0.1 * (second if told[1] else best)
    return round(min(closeness * (0.6 + 0.4 * fits), 0.97), 2)


def _proposal(prm: str, crm: str, scored: Mapping[tuple[str, str], float]) -> Match:
    score = scored[prm, crm]
    rivals = sorted(((c, s) for (p, c), s in scored.items() if p == prm and c != crm), key=lambda r: (-r[1], r[0]))
    others = [s for (p, c), s in scored.items() if (p == prm) != (c == crm)]
    sure = score >= SURE and score - max(others, default=0.0) >= LEAD
    return Match(prm, crm, score, sure, tuple(rivals[:2]))


def _known(standard: StandardField, field: PrmField, crm: Mapping[str, Field], taken: Collection[str]) -> str | None:
    """The first known name that the CRM has as it is written, else the first but for case and prefix."""
    alike = {_plain(name): name for name in crm}
    names = [*standard.names, *standard.whole]
    for name in (*names, *(alike.get(_plain(name), "") for name in names)):
        if name in crm and name not in taken and (_holds(standard, name, crm[name]) or _named(standard, name, field, crm[name])):
            return name
    return None


def _named(standard: StandardField, name: str, field: PrmField, described: Field) -> bool:
    return _is(name, standard) and fit(field, described) >= FITTING


def _holds(standard: StandardField, name: str, described: Field) -> bool:
    return name in standard.whole and described.type == "emails"


def _is(name: str, standard: StandardField) -> bool:
    return _plain(name) in {_plain(known) for known in standard.names}


def _plain(name: str) -> str:
    """A CRM's field name without the prefix that a package or our own fields bring along."""
    name = re.sub(r"^\w+?__(?=\w+__c$)", "", name)
    return re.sub(r"^(centri|prm)_", "", name, flags=re.IGNORECASE).casefold()


def _names(entity: str, field: PrmField) -> set[str]:
    """What a PRM field is called: its own name, and those that CRMs give it."""
    standard = standards()[entity].fields.get(field.name, StandardField())
    return {words for name in (field.name, *standard.names) if (words := _words(name, entity))}


def _words(name: str, entity: str) -> str:
    """A name as words in small letters, without endings, prefixes and the entity's own name."""
    name = re.sub(r"^\w+?__(?=\w+__c$)", "", name)
    name = re.sub(r"(__c|_c|_id|Id)$", "", name)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = re.findall(r"[a-z0-9]+", name.replace("_", " ").casefold())
    telling = [word for word in words if word not in _NOISE and word != entity]
    return " ".join(telling or words)


def _similar(one: str, other: str) -> float:
    return float(fuzz.token_sort_ratio(one, other)) / 100
