"""From log odds to probability: a strictly increasing curve that makes 0.9 mean nine in ten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_LEAST_SLOPE = 0.02
"""How much the curve rises at least, in log odds for each unit of log odds: so that no two scores become one."""

_FARTHEST = 9.0
"""Log odds beyond which nothing that was learned from thousands of examples can be certain."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Straight lines between points (``raw``, ``meant``), both in log odds; beyond the last the line of unit slope goes on."""

    raw: tuple[float, ...]
    meant: tuple[float, ...]

    def probability(self, log_odds: Any) -> Numbers:
        """The probability, strictly between 0 and 1, of each of some log odds; more never gives less."""
        return probability(self.meaning(log_odds))

    def raised(self, log_odds: Any, gained: Any) -> Numbers:
        """The log odds which mean as much more as ``gained``, in log odds, says."""
        return _along(self.meaning(log_odds) + gained, self.meant, self.raw)

    def meaning(self, log_odds: Any) -> Numbers:
        """The log odds that are meant by each of some."""
        return _along(log_odds, self.raw, self.meant)

    def as_json(self) -> dict[str, list[float]]:
        return {"raw": [round(x, 4) for x in self.raw], "meant": [round(y, 4) for y in self.meant]}

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Calibration:
        return cls(tuple(map(float, told["raw"])), tuple(map(float, told["meant"])))


PLAIN = Calibration((0.0,), (0.0,))
"""Log odds as they are."""


def _along(given: Any, raw: tuple[float, ...], meant: tuple[float, ...]) -> Numbers:
    at = np.asarray(given, dtype=np.float64)
    beyond: Numbers = np.minimum(at - raw[0], 0.0) + np.maximum(at - raw[-1], 0.0)
    found: Numbers = np.interp(at, raw, meant) + beyond
    return found


def probability(log_odds: Any) -> Numbers:
    """The probability that log odds stand for."""
    return 1.0 / (1.0 + np.exp(-np.clip(np.asarray(log_odds, dtype=np.float64), -30.0, 30.0)))


def log_odds_of(probability: float) -> float:
    """The log odds of a probability, also of one that is 0 or 1."""
    kept = min(max(probability, _NEARLY), 1.0 - _NEARLY)
    return log(kept / (1.0 - kept))


_NEARLY = 1e-9


def fit(log_odds: Any, right: Any, *, weights: Any = None, points: int = 24) -> Calibration:
    """The curve by which the share that was right is met at every height of the log odds, by isotonic regression.

    ``weights`` say how many examples each stands for; one unless given.
    """
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(log_odds, kind="stable")
    raw, hit = np.asarray(log_odds, dtype=np.float64)[order], np.asarray(right, dtype=np.float64)[order]
    weight = np.ones(len(raw)) if weights is None else np.asarray(weights, dtype=np.float64)[order]
    groups = np.array_split(np.arange(len(raw)), max(2, min(points, len(raw) // 30)))
    x = np.array([raw[g].mean() for g in groups])
    share = np.array([((hit[g] * weight[g]).sum() + 0.25) / (weight[g].sum() + 0.5) for g in groups])
    share = IsotonicRegression(out_of_bounds="clip").fit_transform(x, share, sample_weight=[weight[g].sum() for g in groups])
    meant = np.clip(np.log(share / (1.0 - share)), -_FARTHEST, _FARTHEST)
    x, first = np.unique(x, return_index=True)
    return Calibration(tuple(x.tolist()), tuple(_rising(x, meant[first]).tolist()))


def _rising(x: Numbers, y: Numbers) -> Numbers:
    for at in range(1, len(y)):
        y[at] = max(y[at], y[at - 1] + _LEAST_SLOPE * (x[at] - x[at - 1]))
    return y
