"""Pairs of people whose columns are compared, thousands at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from centri.dedupe.duplicates.people import NOTHING, Codes, People, Texts

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

UNKNOWN = 0.5
"""How alike two texts are of which one is not there: neither alike nor unlike."""


class Compared:
    """Pairs of people of whom each column can be asked how far it agrees."""

    def __init__(self, people: People, one: Codes, other: Codes) -> None:
        self.people, self.one, self.other = people, one, other

    def both(self, column: str) -> tuple[Texts, Texts]:
        texts: Texts = getattr(self.people, column)
        return texts[self.one], texts[self.other]

    def same(self, column: str) -> Floats:
        """1 for the same, 0 where one says nothing, -1 for different ones."""
        code = self.people.code(column)
        return agreement(code[self.one], code[self.other])

    def alike(self, column: str, scorer: Any = fuzz.ratio, scale: float = 100.0) -> Floats:
        """How alike the texts of a column are, 0 to 1."""
        return alike(*self.both(column), scorer, scale)

    def least(self, column: str) -> Codes:
        """The smaller of the two counts of what a column says."""
        count = self.people.count(column)
        return np.minimum(count[self.one], count[self.other])

    def most(self, column: str) -> Codes:
        count = self.people.count(column)
        return np.maximum(count[self.one], count[self.other])

    def either(self, flags: Flags) -> Flags:
        return flags[self.one] | flags[self.other]


def alike(one: Texts, other: Texts, scorer: Any = fuzz.ratio, scale: float = 100.0) -> Floats:
    """How alike texts are, 0 to 1; :data:`UNKNOWN` where one is not there."""
    if not len(one):
        return np.zeros(0, dtype=np.float32)
    found = process.cpdist(one, other, scorer=scorer, dtype=np.float32, workers=-1) / scale
    told: Floats = np.where(there(one) & there(other), found, UNKNOWN).astype(np.float32)
    return told


def there(texts: Texts) -> Flags:
    return np.fromiter(map(bool, texts), dtype=bool, count=len(texts))


def agreement(one: Codes, other: Codes) -> Floats:
    return np.where((one == NOTHING) | (other == NOTHING), 0, np.where(one == other, 1, -1)).astype(np.float32)
