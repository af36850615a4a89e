"""The default judge of people: a model that was made from invented ones, and what it says of leads and contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from centri.dedupe.calibration import Calibration
from centri.dedupe.dictionaries import load
from centri.dedupe.duplicates.blocking import Pairs, pairs, says_something
from centri.dedupe.duplicates.compared import Flags, Floats
from centri.dedupe.duplicates.evidence import evidence
from centri.dedupe.duplicates.judging import Judged, Odds, log_odds, same_as
from centri.dedupe.duplicates.people import Codes, People
from centri.dedupe.duplicates.person import Person, person
from centri.dedupe.forest import Forest
from centri.dedupe.identity import Values
from centri.dedupe.scoring import PRIOR, Part

_NEIGHBOURS = 10
"""So many of a row's likely partners are compared with each other too."""

_LIKELY = -1.5
"""The log odds from which on a partner is likely enough for that."""

_ROUNDS = 2
_SURNAME = 0.9


@dataclass(frozen=True, eq=False)
class PeopleModel:
    """A forest that adds up the evidence, and the curve by which its sum is a probability. It is itself a judge."""

    forest: Forest
    calibration: Calibration

    def __call__(self, records: Sequence[Values], apart: Collection[int] = ()) -> Judged:
        of = [person(values) for values in records]
        people, same = People(of), same_as(of, apart)
        found = _candidates(of, same)
        asked = self._asked(people, found)
        odds = self._odds(asked)
        for _ in range(_ROUNDS):
            more = _closing(found, odds)
            if not len(more):
                break
            new = self._asked(people, more)
            found = Pairs(np.r_[found.one, more.one], np.r_[found.other, more.other], found.cut)
            asked, odds = np.vstack((asked, new)), np.r_[odds, self._odds(new)]
        return Judged(
            found.one, found.other, odds, same, lambda rows: self.parts(asked[list(rows)]), self._siblings(asked), found.cut
        )

    def parts(self, asked: Floats) -> list[tuple[Part, ...]]:
        """What each respect adds for some pairs, in log odds before calibration, and what is to be expected of any pair."""
        start = Part(PRIOR, "any", self.forest.base)
        given = self.forest.contributions(asked)
        return [(start, *self._told(row, weights)) for row, weights in zip(asked, given, strict=True)]

    def _told(self, row: Floats, weights: Floats) -> Iterator[Part]:
        for name, value, weight in zip(self.forest.features, row.tolist(), weights.tolist(), strict=True):
            if weight:
                yield Part(name, f"{value:.3g}", weight)

    def _asked(self, people: People, found: Pairs) -> Floats:
        names, asked = evidence(people, found)
        if names != self.forest.features:
            raise ValueError("the model was made for other evidence; python models/lead_duplicates.py makes it anew")
        return asked

    def _odds(self, asked: Floats) -> Odds:
        return log_odds(self.calibration.probability(self.forest.log_odds(asked)))

    def _siblings(self, asked: Floats) -> Flags:
        at = self.forest.features.index
        return (asked[:, at("domain")] > 0) & (asked[:, at("surname")] >= _SURNAME)


@lru_cache(maxsize=1)
def default() -> PeopleModel:
    """The model of the package."""
    told = load("duplicate_people")
    return PeopleModel(Forest.of_json(told["forest"]), Calibration.of_json(told["calibration"]))


def _candidates(of: Sequence[Person], same: Codes) -> Pairs:
    """Pairs of rows that say different things, and each row that says what an earlier one does with that one."""
    rows = np.flatnonzero(same == np.arange(len(of)))
    found = pairs([of[row] for row in rows.tolist()])
    again = np.flatnonzero(same != np.arange(len(of))).tolist()
    repeated = np.array([row for row in again if says_something(of[row])], dtype=np.int64)
    return Pairs(np.r_[rows[found.one], same[repeated]], np.r_[rows[found.other], repeated], found.cut)


def _closing(found: Pairs, odds: Odds) -> Pairs:
    """Pairs that nothing suggested but a third row that both are likely one with."""
    seen = set(zip(found.one.tolist(), found.other.tolist(), strict=True))
    beside: dict[int, list[tuple[float, int]]] = defaultdict(list)
    likely = np.flatnonzero(odds > _LIKELY)
    for one, other, weight in zip(found.one[likely].tolist(), found.other[likely].tolist(), odds[likely].tolist(), strict=True):
        beside[one].append((-weight, other))
        beside[other].append((-weight, one))
    near = (sorted(row for _, row in sorted(partners)[:_NEIGHBOURS]) for partners in beside.values() if len(partners) > 1)
    new = sorted({pair for partners in near for pair in combinations(partners, 2)} - seen)
    return Pairs(np.array([one for one, _ in new], dtype=np.int64), np.array([other for _, other in new], dtype=np.int64))
