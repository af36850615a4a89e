"""People as columns: what NumPy and RapidFuzz compare thousands of at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from centri.dedupe.dictionaries import load
from centri.dedupe.duplicates.person import Person, core
from centri.dedupe.names import COMMON

Codes = NDArray[np.int64]
Texts = NDArray[np.object_]
Weights = NDArray[np.float32]

_CLASSES: dict[str, list[int]] = {}
for _number, _class in enumerate(load("first_names")["classes"]):
    for _name in _class:
        _CLASSES.setdefault(_name, []).append(_number)
_MOST_CLASSES = 4
_COMMON_WEIGHT = 0.3
NOTHING = -1
"""The code of a text that is not there."""


def codes(texts: Iterable[str]) -> Codes:
    """A number for each text, the same for the same text; :data:`NOTHING` for ""."""
    found, _ = pd.factorize(np.array([*texts, ""], dtype=object))
    return np.where(found == found[-1], NOTHING, found)[:-1].astype(np.int64)


def counts(of: Codes) -> Codes:
    """How many have the same code; 0 for what is not there."""
    if not len(of):
        return of
    many = np.bincount(of + 1, minlength=1)
    many[0] = 0
    return many[of + 1]


def texts(of: Iterable[str]) -> Texts:
    return np.array([*of, ""], dtype=object)[:-1]


@dataclass(frozen=True, eq=False)
class Words:
    """Words of each row: ``word`` holds sorted codes, a row's from ``start[row]`` on, ``weight`` what one says."""

    start: Codes
    word: Codes
    weight: Weights


def words(rows: Sequence[Iterable[str]]) -> Words:
    """Words weighed by how few rows have them."""
    sets = [sorted(set(row)) for row in rows]
    flat = [word for row in sets for word in row]
    start = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    word = codes(flat)
    usual = np.array([_COMMON_WEIGHT if text in COMMON else 1.0 for text in flat], dtype=np.float32)
    weight = usual * np.log(2.0 + len(rows) / np.maximum(counts(word), 1)).astype(np.float32)
    owner = np.repeat(np.arange(len(sets)), np.diff(start))
    order = np.lexsort((word, owner))
    return Words(start, word[order], weight[order].astype(np.float32))


def name_classes(name: str) -> list[int]:
    """The classes of a first name and its short forms, at most four, filled up with :data:`NOTHING`."""
    return (_CLASSES.get(name, []) + [NOTHING] * _MOST_CLASSES)[:_MOST_CLASSES]


class People:
    """The columns of some people, in their order."""

    def __init__(self, of: Sequence[Person]) -> None:
        self.of = of
        self.given = texts(p.given[0] if p.given else "" for p in of)
        self.givens = texts("".join(p.given) for p in of)
        self.known = texts(p.known for p in of)
        self.second = texts(p.given[1] if len(p.given) > 1 else "" for p in of)
        cores = [core(p.family) for p in of]
        self.family = texts("".join(p.family) for p in of)
        self.family_first = texts(c[0] if c else "" for c in cores)
        self.family_last = texts(c[-1] if c else "" for c in cores)
        self.name = texts(p.name for p in of)
        self.full = texts(" ".join((*p.given, *p.family)) for p in of)
        self.email = texts(p.email for p in of)
        self.local = texts(p.local for p in of)
        self.label = texts(p.domain.partition(".")[0].replace("-", "") for p in of)
        self.mail_label = texts(p.mail_domain.partition(".")[0].replace("-", "") for p in of)
        self.site_label = texts(p.site.partition(".")[0].replace("-", "") for p in of)
        self.spelled = texts(p.spelled for p in of)
        self.company = texts(" ".join(p.company) for p in of)
        self.city = texts(p.city for p in of)
        self.company_words = words([p.company for p in of])
        self.shared = np.array([p.shared for p in of], dtype=bool)
        self.free = np.array([bool(p.mail_domain) and not p.domain for p in of], dtype=bool)
        self.classes = np.array([name_classes(p.known) for p in of], dtype=np.int64).reshape(len(of), _MOST_CLASSES)
        self._coded: dict[str, Codes] = {}

    def __len__(self) -> int:
        return len(self.of)

    def code(self, column: str) -> Codes:
        """The codes of a column of texts, or of a field of the people."""
        if column not in self._coded:
            self._coded[column] = codes(self.column(column))
        return self._coded[column]

    def column(self, name: str) -> Iterable[str]:
        """A column of texts, or a field of the people."""
        found: Any = getattr(self, name, None)
        return found if found is not None else [getattr(p, name) for p in self.of]

    def count(self, column: str) -> Codes:
        """How many say the same in a column."""
        return counts(self.code(column))
