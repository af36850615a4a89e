"""Judging by rules in words: which pairs are compared, and which of them the rules say are one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from rapidfuzz import fuzz

from centri.dedupe.duplicates.blocking import BLOCK, Pairs, blocked, in_order
from centri.dedupe.duplicates.judging import Judge, Judged
from centri.dedupe.duplicates.people import Codes
from centri.dedupe.duplicates.rules import EXACT, FIELDS, Rule, Rules, Same
from centri.dedupe.identity import Values
from centri.dedupe.scoring import PRIOR, Part

_STARTS = -1.0
_HOLDS = 5.0
"""What a rule adds that holds: 4 in all, a probability of 0.98."""

_SIBLING = "sibling"


def by(rules: Rules) -> Judge:
    """What judges by some rules."""
    return partial(judged, rules.any)


def judged(any_of: Sequence[Rule], records: Sequence[Values], apart: Collection[int] = ()) -> Judged:
    """What some rules say of records, of which those ``apart`` are compared each with each however many are alike."""
    said = {one.field: _said(records, one.field) for one in (same for made in any_of for same in made)}
    keyed = {str(n): list(_keyed(made, said)) for n, made in enumerate(any_of)}
    same = _in_large(keyed, len(records), apart) if all(_whole(made) for made in any_of) else np.arange(len(records))
    found = _with_stars(blocked({**keyed, _SIBLING: _sibling_keys(records)}, in_order(_content(records))), same)
    held = [_held(any_of, said, one, other) for one, other in zip(found.one.tolist(), found.other.tolist(), strict=True)]
    odds = np.array([_STARTS + _HOLDS * (made is not None) for made in held], dtype=np.float64)
    return Judged(
        found.one,
        found.other,
        odds,
        same,
        lambda rows: [_parts(held[row]) for row in rows],
        _siblings(records, found),
        found.cut,
    )


def _held(any_of: Sequence[Rule], said: Mapping[str, Sequence[str]], one: int, other: int) -> Rule | None:
    """The first rule that holds of two rows."""
    return next(
        (made for made in any_of if all(_agrees(same, said[same.field][one], said[same.field][other]) for same in made)),
        None,
    )


def _said(records: Sequence[Values], field: str) -> list[str]:
    return [FIELDS[field](values) or "" for values in records]


def _agrees(same: Same, one: str, other: str) -> bool:
    if not one or not other:
        return False
    return one == other or (same.least < EXACT and fuzz.token_sort_ratio(one, other) >= same.least)


def _whole(made: Rule) -> bool:
    return all(same.least == EXACT for same in made)


def _keyed(made: Rule, said: Mapping[str, Sequence[str]]) -> Iterable[tuple[int, str]]:
    columns = [said[same.field] for same in made if same.least == EXACT]
    return ((row, "\n".join(texts)) for row, texts in enumerate(zip(*columns, strict=True)) if all(texts))


def _in_large(keyed: Mapping[str, Sequence[tuple[int, str]]], total: int, apart: Collection[int]) -> Codes:
    """For each row of a block too large to compare each with each its first: they all agree, and that one stands for them."""
    found = np.arange(total)
    for held in keyed.values():
        rows: dict[str, list[int]] = {}
        for row, key in held:
            rows.setdefault(key, []).append(row)
        for block in rows.values():
            free = [row for row in block if found[row] == row and row not in apart] if len(block) > BLOCK else []
            found[free] = free[0] if free else 0
    return found


def _with_stars(found: Pairs, same: Codes) -> Pairs:
    """The pairs, and each row with the one that stands for it."""
    rows = np.flatnonzero(same != np.arange(len(same)))
    one, other = np.r_[found.one, same[rows]], np.r_[found.other, rows]
    _, first = np.unique(one * max(len(same), 1) + other, return_index=True)
    return Pairs(one[first], other[first], found.cut)


def _content(records: Sequence[Values]) -> list[str]:
    return [
        " ".join(FIELDS[word](values) or "" for word in ("last_name", "first_name", "company", "email")) for values in records
    ]


def _sibling_keys(records: Sequence[Values]) -> list[tuple[int, str]]:
    names = zip(_said(records, "email_domain"), _said(records, "last_name"), strict=True)
    return [(row, f"{domain} {name}") for row, (domain, name) in enumerate(names) if domain and name]


def _siblings(records: Sequence[Values], found: Pairs) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    key = dict(_sibling_keys(records))
    pairs = zip(found.one.tolist(), found.other.tolist(), strict=True)
    return np.array([one in key and key[one] == key.get(other) for one, other in pairs], dtype=bool)


def _parts(held: Rule | None) -> tuple[Part, ...]:
    start = Part(PRIOR, "any", _STARTS)
    return (start, Part("rule", ", ".join(map(str, held)), _HOLDS)) if held else (start,)
