"""Which column of a file holds which field: known names first, else likeness, and what a person says before both."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from anyascii import anyascii
from rapidfuzz import fuzz

from centri.errors import ConfigError
from centri.mappings.scaffold_match import LEAD, SURE
from centri.mappings.source import read
from centri.mappings.standard import standards
from centri.mappings.words import near

_LEFT_OUT = frozenset({"", "-", "none"})
"""What stands after ``COLUMN=`` to leave a column out."""

LIKELY = 0.8
"""From here on a column goes to a field, as unsure: what goes astray here is stored, not only proposed."""

_SHORTEST = 4
"""Names of fewer letters are alike by chance."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and the field that it holds, if any. ``score`` is the certainty, 0 to 1; ``given`` by a person."""

    name: str
    field: str = ""
    score: float = 0.0
    sure: bool = True
    given: bool = False


def matched(
    columns: Sequence[str], names: Mapping[str, Collection[str]], given: Mapping[str, str], *, likeness: bool = True
) -> list[Column]:
    """The columns, each with at most one field and each field with at most one column.

    ``names`` holds what each field is called, ``given`` what a person says: column -> field, blank for none. Raises ConfigError
    naming every column and field in ``given`` that is not there.
    """
    found = _given(columns, names, given)
    taken = {c.field for c in found.values()}
    words = {field: {plain(name) for name in called} - {""} for field, called in names.items() if field not in taken}
    for name in (c for c in columns if c not in found):
        field = next((f for f, called in words.items() if plain(name) in called and f not in taken), "")
        if field:
            found[name] = Column(name, field, 1.0)
            taken.add(field)
    if likeness:
        _alike([c for c in columns if c not in found], {f: w for f, w in words.items() if f not in taken}, found)
    return [found.get(name, Column(name)) for name in columns]


def names_of(entity: str, fields: Iterable[str]) -> dict[str, set[str]]:
    """What an entity's fields are called in files; those that nobody outside fills in are left out."""
    standard, called = standards()[entity], _called()
    own, common = called.get(entity, {}), called["common"]
    known = [f for f in fields if (f in standard.fields or f in own or f in common) and _told(standard.fields, f)]
    return {
        field: {
            field,
            *(standard.fields[field].names if field in standard.fields else ()),
            *own.get(field, common.get(field, ())),
        }
        for field in known
    }


def called(entity: str, field: str) -> frozenset[str]:
    """What people call a field of an entity at the head of a column, each name in plain small letters."""
    known = _called()
    names = {*known["common"].get(field, ()), *known.get(entity, {}).get(field, ())}
    return frozenset(map(plain, (field, *names)))


def _told(standard: Mapping[str, object], field: str) -> bool:
    """Whether CRMs tell this field at all: what is only told to them says nothing in a file."""
    rule = getattr(standard.get(field), "rule", {})
    return rule.get("direction") != "out"


def _given(columns: Sequence[str], names: Mapping[str, Collection[str]], given: Mapping[str, str]) -> dict[str, Column]:
    found, problems, by_name = {}, [], {c.casefold(): c for c in reversed(columns)}
    for column, field in given.items():
        name = by_name.get(column.casefold())
        if name is None:
            problems.append(f"the file has no column {column!r}{near(column, columns)}")
        elif field.casefold() in _LEFT_OUT:
            found[name] = Column(name, given=True)
        elif field not in names:
            problems.append(f"column {name!r} cannot go to {field!r}: there is no such field{near(field, names)}")
        elif other := next((c.name for c in found.values() if c.field == field), None):
            problems.append(f"columns {other!r} and {name!r} cannot both go to {field}")
        else:
            found[name] = Column(name, field, 1.0, given=True)
    if problems:
        raise ConfigError(*problems)
    return found


def _alike(columns: Sequence[str], words: Mapping[str, Collection[str]], found: dict[str, Column]) -> None:
    """Give each column the field that it is most alike, the best pairs first; a close rival makes it unsure."""
    scored = {(c, f): score for c in columns for f, called in words.items() if (score := _likeness(plain(c), called)) >= LIKELY}
    taken: set[str] = set()
    for column, field in sorted(scored, key=lambda pair: (-scored[pair], pair)):
        if column not in found and field not in taken:
            score = scored[column, field]
            rivals = [s for (c, f), s in scored.items() if (c == column) != (f == field)]
            sure = score >= SURE and score - max(rivals, default=0.0) >= LEAD
            found[column] = Column(column, field, round(score, 2), sure=sure)
            taken.add(field)


def _likeness(name: str, called: Collection[str]) -> float:
    if len(name) < _SHORTEST:
        return 0.0
    alike = (max(fuzz.ratio(name, word), 0.97 * fuzz.token_sort_ratio(name, word)) for word in called if len(word) >= _SHORTEST)
    return min(max(alike, default=0.0) / 100, 0.97)


def plain(name: str) -> str:
    """A name in small letters without accents, its words parted by one blank: "PostalCode" is "postal code"."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[a-z0-9]+", anyascii(name).casefold()))


@cache
def _called() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    data = read(Path(__file__).with_name("columns.yaml")).data
    return {block: {field: tuple(names) for field, names in fields.items()} for block, fields in data.items()}
