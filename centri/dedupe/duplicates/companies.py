"""The judge of accounts: names, domains and places added up in log odds, by weights that are set here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from centri.dedupe import blocking, identity
from centri.dedupe.duplicates.blocking import blocked, in_order, slips
from centri.dedupe.duplicates.judging import Judged, same_as
from centri.dedupe.identity import Values
from centri.dedupe.scoring import Scored, score
from centri.records import PRM, Record, Ref

WEIGHTS: Mapping[str, float] = {"company_name": 5.0, "domain": 4.0, "country": 2.0, "city": 1.5, "phone": 2.0}
"""What full agreement adds; a country that differs takes as much away, so that a subsidiary is not its parent."""

BEGINNING = -4.5
"""The log odds of two accounts of which nothing is known but that they share a key."""

_BLOCKS = ("domain", "name", "name_prefix", "phone")


def companies(records: Sequence[Values], apart: Collection[int] = ()) -> Judged:
    """Which accounts may be one company, and how likely each pair is."""
    names = [identity.company(values) or "" for values in records]
    same = same_as([_content(values) for values in records], apart)
    chosen = np.flatnonzero(same == np.arange(len(records))).tolist()
    keyed = {word: [(row, key) for row in chosen for key in blocking.BLOCKS[word](records[row])] for word in _BLOCKS}
    keyed["name_slip"] = [(row, key) for row in chosen for key in _slips(names[row])]
    found = blocked(keyed, in_order(names))
    again = np.flatnonzero(same != np.arange(len(records)))
    one, other = np.r_[found.one, same[again]], np.r_[found.other, again]
    scored = [_scored(records[a], records[b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    odds = np.array([s.evidence for s in scored], dtype=np.float64)
    return Judged(
        one, other, odds, same, lambda rows: [scored[row].parts for row in rows], np.zeros(len(one), dtype=bool), found.cut
    )


def _content(values: Values) -> tuple[object, ...]:
    place = identity.country(values), identity.city(values), identity.phone(values)
    return (identity.company(values), tuple(sorted(identity.domains(values))), *place)


def _slips(name: str) -> Iterable[str]:
    return slips(name.replace(" ", ""))


def _scored(one: Values, other: Values) -> Scored:
    return score(one, Record(Ref(PRM, "account", ""), other), WEIGHTS, BEGINNING)
