"""A forest of small decision trees that adds up evidence in log odds, each answer as the sum of what every feature gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from centri.dedupe.forest_bits import Bits, laid_out

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_DIGITS = 5
"""Significant digits that a model file keeps of a number."""


@dataclass(frozen=True, eq=False)
class Forest:
    """``features`` names the columns of what it is asked; the other arrays hold one entry for each node of all trees.

    A node asks whether its ``feature`` is at most its ``threshold`` and goes on ``left`` or ``right`` (node numbers); a leaf's
    ``left`` is -1. ``value`` is in log odds: what a leaf gives, and what is to be expected at any other node. ``roots`` are
    where the trees begin, ``bias`` is the log odds before any of them.
    """

    features: tuple[str, ...]
    bias: float
    roots: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats

    def log_odds(self, asked: Floats) -> Floats:
        """The log odds of each row (rows x features) of what is asked."""
        return self._bits.sums(asked, self.bias)

    @cached_property
    def _bits(self) -> Bits:
        return laid_out(len(self.features), self.roots, self.feature, self.threshold, self.left, self.right, self.value)

    def contributions(self, asked: Floats) -> Floats:
        """What each feature gives each row (rows x features); with :attr:`base` they add up to the log odds.

        A feature is given the change of what is to be expected at each node that asks for it.
        """
        told: Floats = _parts(asked, self.roots, self.feature, self.threshold, self.left, self.right, self.value)
        return told

    def mixed(self, other: Forest, share: float) -> Forest:
        """A forest whose log odds are this one's, and to a ``share`` (0 to 1) the other's. Both are asked the same features."""
        moved = len(self.feature)
        children = [np.where(theirs >= 0, theirs + moved, -1).astype(np.int32) for theirs in (other.left, other.right)]
        return Forest(
            self.features,
            self.bias * (1 - share) + other.bias * share,
            np.r_[self.roots, other.roots + moved].astype(np.int32),
            np.r_[self.feature, other.feature],
            np.r_[self.threshold, other.threshold],
            np.r_[self.left, children[0]],
            np.r_[self.right, children[1]],
            np.r_[self.value * (1 - share), other.value * share].astype(np.float32),
        )

    @property
    def base(self) -> float:
        """The log odds to be expected before any feature is known."""
        return self.bias + float(self.value[self.roots].sum())

    def as_json(self) -> dict[str, Any]:
        numbers = {name: _plain(getattr(self, name)) for name in ("roots", "feature", "threshold", "left", "right", "value")}
        return {"features": list(self.features), "bias": self.bias, **numbers}

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Forest:
        """The forest that :meth:`as_json` told. Raises KeyError and ValueError for anything else."""
        roots, feature, left, right = (np.asarray(told[n], dtype=np.int32) for n in ("roots", "feature", "left", "right"))
        threshold, value = (np.asarray(told[n], dtype=np.float32) for n in ("threshold", "value"))
        return cls(tuple(told["features"]), float(told["bias"]), roots, feature, threshold, left, right, value)


@dataclass(frozen=True, slots=True)
class Growth:
    """How a forest is grown: number of ``trees``, ``leaves`` of each, what is taken of each (``rate``), rows in a leaf."""

    trees: int = 250
    leaves: int = 16
    rate: float = 0.08
    least: int = 40
    ridge: float = 5.0
    seed: int = 1


def grow(
    features: Sequence[str],
    asked: Floats,
    right: NDArray[np.bool_],
    rising: Mapping[str, int],
    growth: Growth | None = None,
    weights: Floats | None = None,
) -> Forest:
    """The forest that says how likely a row is right.

    ``rising`` says for which features more never means less likely (1), or never more likely (-1).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    how = growth or Growth()
    learner = HistGradientBoostingClassifier(
        learning_rate=how.rate,
        max_iter=how.trees,
        max_leaf_nodes=how.leaves,
        min_samples_leaf=how.least,
        l2_regularization=how.ridge,
        monotonic_cst=[rising.get(name, 0) for name in features],
        early_stopping=False,
        random_state=how.seed,
    )
    learner.fit(asked, right, sample_weight=weights)
    trees = [step[0].nodes for step in learner._predictors]  # noqa: SLF001 - scikit-learn tells its trees nowhere else; a test compares
    return _planted(tuple(features), float(np.ravel(learner._baseline_prediction)[0]), trees)  # noqa: SLF001 - as above


def _planted(features: tuple[str, ...], bias: float, trees: Sequence[Any]) -> Forest:
    starts = np.cumsum([0, *(len(nodes) for nodes in trees)])
    nodes = np.concatenate(trees)
    shift = np.repeat(starts[:-1], [len(tree) for tree in trees])
    leaf = nodes["is_leaf"].astype(bool)
    left = np.where(leaf, -1, nodes["left"] + shift).astype(np.int32)
    right = np.where(leaf, -1, nodes["right"] + shift).astype(np.int32)
    value = _expected(nodes["value"].astype(np.float64), nodes["count"].astype(np.float64), left, right)
    threshold = _rounded_threshold(nodes["num_threshold"])
    feature = nodes["feature_idx"].astype(np.int32)
    return Forest(features, bias, starts[:-1].astype(np.int32), feature, threshold, left, right, value.astype(np.float32))


def _rounded_threshold(exact: NDArray[np.float64]) -> Floats:
    return np.where(np.isfinite(exact), exact, np.float32(3e38)).astype(np.float32)


def _expected(value: NDArray[np.float64], count: NDArray[np.float64], left: Ints, right: Ints) -> NDArray[np.float64]:
    """Leaves keep their value; every node above is the mean of its two, weighed by their rows. Children follow parents."""
    for node in range(len(value) - 1, -1, -1):
        if left[node] >= 0:
            one, other = left[node], right[node]
            value[node] = (value[one] * count[one] + value[other] * count[other]) / (count[one] + count[other])
    return value


def _plain(numbers: NDArray[Any]) -> list[Any]:
    if numbers.dtype.kind != "f":
        return list(map(int, numbers))
    return [float(f"{number:.{_DIGITS}g}") for number in numbers.tolist()]


@njit(cache=True, nogil=True)
def _parts(
    asked: Any, roots: Any, feature: Any, threshold: Any, left: Any, right: Any, value: Any
) -> Any:  # pragma: no cover - compiled
    given = np.zeros(asked.shape, dtype=np.float32)
    for row in range(len(asked)):
        for root in roots:
            node = root
            while left[node] >= 0:
                below = left[node] if asked[row, feature[node]] <= threshold[node] else right[node]
                given[row, feature[node]] += value[below] - value[node]
                node = below
    return given
