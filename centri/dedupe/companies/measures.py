"""How good matching is on leads whose company is known: precision, recall, calibration, and the worst errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PRECISIONS = (0.95, 0.98, 0.99, 0.995)
"""At these precisions recall is told."""

BINS = 10
"""The scores from 0 to 1 are put in so many equal groups to see what they are worth."""

_POINTS = 200
"""Points of a curve that are kept at most."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of each lead the ``score`` of its best candidate (0 without one), whether that is ``right``, whether any account is."""

    score: Array
    right: Array
    answerable: Array

    @classmethod
    def of(cls, outcomes: Sequence[tuple[float, bool, bool]]) -> Outcomes:
        told = np.array(outcomes, dtype=np.float64).reshape(-1, 3)
        return cls(told[:, 0], told[:, 1] > 0, told[:, 2] > 0)

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of taking every best candidate whose score is ``threshold`` or more."""

    threshold: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Leads whose scores are near: the mean ``score``, the share that is ``right``, and how many."""

    score: float
    right: float
    leads: int


@dataclass(frozen=True)
class Measures:
    """``best`` is the point of the best F1, ``at`` that of the accept threshold. ``calibration_error`` is the expected one of
    the best candidates, ``recall_at`` the recall that each precision allows, 0 where it is never reached.
    """

    leads: int
    answerable: int
    best: Point
    at: Point
    recall_at: Mapping[float, float]
    calibration_error: float
    curve: Sequence[Point] = field(repr=False, default=())
    bins: Sequence[Bin] = field(repr=False, default=())


def measure(outcomes: Outcomes, accept: float) -> Measures:
    """All measures of some outcomes."""
    curve = points(outcomes)
    nothing = Point(1.0, 0.0, 0.0)
    best = max(curve, key=lambda point: point.f1, default=nothing)
    recall = {wanted: max((p.recall for p in curve if p.precision >= wanted), default=0.0) for wanted in PRECISIONS}
    told = bins(outcomes)
    return Measures(
        len(outcomes),
        int(outcomes.answerable.sum()),
        best,
        at(outcomes, accept),
        recall,
        calibration_error(told),
        thinned(curve),
        told,
    )


def points(outcomes: Outcomes) -> list[Point]:
    """A point for each distinct score, the highest first; nothing scores 0 that was found."""
    found = outcomes.score > 0
    order = np.argsort(-outcomes.score[found], kind="stable")
    score, hit = outcomes.score[found][order], outcomes.right[found][order]
    last = np.flatnonzero(np.r_[score[1:] != score[:-1], True]) if len(score) else np.zeros(0, dtype=np.int64)
    hits, taken = np.cumsum(hit)[last], last + 1
    recall = hits / max(int(outcomes.answerable.sum()), 1)
    return [Point(*point) for point in zip(score[last].tolist(), (hits / taken).tolist(), recall.tolist(), strict=True)]


def at(outcomes: Outcomes, threshold: float) -> Point:
    """The point of one threshold."""
    taken = (outcomes.score >= threshold) & (outcomes.score > 0)
    hits = int((taken & outcomes.right).sum())
    return Point(threshold, hits / max(int(taken.sum()), 1), hits / max(int(outcomes.answerable.sum()), 1))


def bins(outcomes: Outcomes) -> list[Bin]:
    """The groups of scores that hold a lead, the lowest first; a lead without a candidate has the score 0."""
    group = np.minimum((outcomes.score * BINS).astype(int), BINS - 1)
    members = (group == number for number in range(BINS))
    return [Bin(float(outcomes.score[m].mean()), float(outcomes.right[m].mean()), int(m.sum())) for m in members if m.any()]


def calibration_error(told: Sequence[Bin]) -> float:
    """The expected calibration error: how far scores are from the share that is right, each group by its leads."""
    total = sum(each.leads for each in told)
    return sum(abs(each.score - each.right) * each.leads for each in told) / total if total else 0.0


def thinned(curve: Sequence[Point], most: int = _POINTS) -> list[Point]:
    """So many points of a curve, its ends among them."""
    if len(curve) <= most:
        return list(curve)
    return [curve[at] for at in np.linspace(0, len(curve) - 1, most).round().astype(int).tolist()]


def as_json(measures: Measures) -> dict[str, Any]:
    """The measures as numbers, curve and groups included."""
    return {
        "leads": measures.leads,
        "answerable": measures.answerable,
        "best": point_json(measures.best),
        "at_accept": point_json(measures.at),
        "recall_at_precision": {str(wanted): round(found, 4) for wanted, found in measures.recall_at.items()},
        "calibration_error": round(measures.calibration_error, 4),
        "curve": [point_json(point) for point in measures.curve],
        "bins": [{"score": round(b.score, 4), "right": round(b.right, 4), "leads": b.leads} for b in measures.bins],
    }


def point_json(point: Point) -> dict[str, float]:
    return {name: round(getattr(point, name), 4) for name in ("threshold", "precision", "recall", "f1")}
