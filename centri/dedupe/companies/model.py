"""What was learned about which candidates are right: two forests and a calibration, in one small file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from centri.dedupe import names
from centri.dedupe.calibration import PLAIN, Calibration
from centri.dedupe.companies import evidence as pairs
from centri.dedupe.companies import rivals
from centri.dedupe.dictionaries import load
from centri.dedupe.forest import Forest

Array = NDArray[Any]

VERSION = 1
"""The form of a model file."""

SAME_PERSON = "same_person"
"""What other leads of the same person say, among the parts of a score."""

CONTEXT: tuple[str, ...] = (*rivals.FEATURES, *pairs.FEATURES)
"""The columns of the second forest: how a candidate stands, and its evidence once more."""


@dataclass(frozen=True, eq=False)
class Model:
    """``alone`` judges a candidate by its own evidence, ``among`` judges it among its rivals, ``calibration`` makes of that a
    probability. ``about`` says what it was trained on, for people.
    """

    alone: Forest
    among: Forest
    calibration: Calibration = PLAIN
    about: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, evidence: Array, query: Array, name: Array) -> Judged:
        """How likely each candidate is right. Candidates of one query stand together; ``name`` is a number for their names."""
        alone = self.alone.log_odds(evidence)
        standing = rivals.standing(query, alone, name, evidence)
        among = np.minimum(alone, rivals.FAR_BEHIND)
        near = np.flatnonzero(rivals.in_the_running(query, alone))
        among[near] = self.among.log_odds(np.hstack((standing[near], evidence[near])))
        return Judged(alone, standing, among, self.calibration.probability(among), np.zeros(len(among), dtype=np.float32))

    def heard(self, judged: Judged, gained: Array) -> Judged:
        """The same where others say that a candidate is likelier, by so many log odds."""
        told = np.flatnonzero(gained)
        before = judged.among[told].astype(np.float64)
        witnessed, alone, among = (np.array(a, dtype=np.float64) for a in (judged.witnessed, judged.alone, judged.among))
        probability = judged.probability.copy()
        among[told] = self.calibration.raised(before, gained[told])
        witnessed[told] = among[told] - before
        alone[told] += witnessed[told]
        probability[told] = self.calibration.probability(among[told])
        return Judged(alone, judged.standing, among, probability, witnessed)

    def as_json(self) -> dict[str, Any]:
        parts = {"alone": self.alone.as_json(), "among": self.among.as_json(), "calibration": self.calibration.as_json()}
        return {"model": "companies", "version": VERSION, "names": names.VERSION, "about": dict(self.about), **parts}

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Model:
        """The model of a file. Raises ValueError where the file is of another form, or of another form of names."""
        if told.get("model") != "companies" or told.get("version") != VERSION or told.get("names") != names.VERSION:
            raise ValueError("it is no model of companies, or of another version; train it anew with centri match train")
        alone, among = Forest.of_json(told["alone"]), Forest.of_json(told["among"])
        if alone.features != pairs.FEATURES or among.features != CONTEXT:
            raise ValueError("it was trained on other evidence; train it anew with centri match train")
        return cls(alone, among, Calibration.of_json(told["calibration"]), told.get("about", {}))


@dataclass(frozen=True, eq=False)
class Judged:
    """``alone`` and ``among`` are log odds without and with rivals, ``standing`` the columns of :mod:`rivals`.

    ``witnessed`` is what of both other leads of the same person say.
    """

    alone: Array
    standing: Array
    among: Array
    probability: Array
    witnessed: Array

    def at(self, places: Any) -> Judged:
        """Those of some candidates."""
        return Judged(*(getattr(self, column.name)[places] for column in fields(self)))


@lru_cache(maxsize=1)
def default_model() -> Model:
    """The model that the package brings, made by ``models/companies.py`` of invented companies."""
    return Model.of_json(load("companies"))


def parts(model: Model, evidence: Array, judged: Judged) -> list[tuple[str, float]]:
    """What each column gave one candidate (its row of each), in log odds; with the base they add up to ``among``.

    The evidence is told as the first forest weighed it; what the second made of it is told for each thing it looked at beside
    it, and the rest as ``all together``.
    """
    row = evidence.reshape(1, -1)
    own = model.alone.contributions(row)[0]
    context = model.among.contributions(np.hstack((judged.standing.reshape(1, -1), row)))[0]
    told = [("before anything is known", model.alone.base), *zip(pairs.FEATURES, map(float, own), strict=True)]
    told += [(name, float(given)) for name, given in zip(rivals.FEATURES[1:], context[1 : len(rivals.FEATURES)], strict=True)]
    told.append((SAME_PERSON, float(judged.witnessed)))
    rest = float(judged.among) - sum(given for _, given in told)
    return [*told, ("all together", rest)]


def columns(names: Sequence[str]) -> list[int]:
    """The places of some columns of evidence."""
    return [pairs.FEATURES.index(name) for name in names]
