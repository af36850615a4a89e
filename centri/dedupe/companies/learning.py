"""Learning from leads whose companies are known: which evidence counts how much, and what a score is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from centri.dedupe import calibration
from centri.dedupe.companies import evidence as pairs
from centri.dedupe.companies import rivals
from centri.dedupe.companies.model import CONTEXT, Model
from centri.dedupe.forest import Forest, Growth, grow

Array = NDArray[Any]

FOLDS, FEWER_FOLDS, MANY = 5, 3, 200_000
"""Into how many parts examples are dealt, and fewer where there are so many candidates that it makes no difference."""

PRIOR_LEADS = 2_500
"""Leads whose examples count as much as what a prior model says."""

ALONE = Growth(trees=200, leaves=16, rate=0.09)
AMONG = Growth(trees=180, leaves=16, rate=0.06)
_RISING = {**rivals.RISING, **pairs.RISING}


@dataclass(frozen=True, eq=False)
class Examples:
    """Candidates of leads whose company is known: ``right`` says which are; the rest is as :class:`Model` takes it."""

    evidence: Array
    query: Array
    name: Array
    right: Array

    def where(self, kept: Array) -> Examples:
        return Examples(self.evidence[kept], self.query[kept], self.name[kept], self.right[kept])


def learn(
    examples: Examples,
    about: Mapping[str, Any] | None = None,
    growth: Sequence[Growth] = (ALONE, AMONG),
    strangers: float = 1.0,
    prior: Model | None = None,
) -> Model:
    """The model of some examples. What one forest is told by the other, and what is calibrated, comes from folds held back.

    ``strangers`` is how much leads whose company is no candidate, but to whom some candidate is near, count in the calibration:
    less than 1 where more of them are among the examples than in life. ``prior`` is a model that has its say too: half as much
    as the examples where they are of :data:`PRIOR_LEADS` leads, less the more there are.

    Raises ValueError where nothing can be learned: fewer than 50 right candidates, or as few wrong ones.
    """
    if min(int(examples.right.sum()), int((~examples.right).sum())) < _LEAST:
        raise ValueError(f"a model needs {_LEAST} leads whose company is known and as many wrong candidates")
    folds = FOLDS if len(examples.query) < MANY else FEWER_FOLDS
    fold = _folds(examples.query, folds)
    share = PRIOR_LEADS / (PRIOR_LEADS + len(np.unique(examples.query)))
    before = (_Before(prior.alone, share), _Before(prior.among, share)) if prior else (None, None)
    alone = np.zeros(len(fold), dtype=np.float32)
    for held in range(folds):
        forest = _alone(examples.where(fold != held), growth[0], before[0])
        alone[fold == held] = forest.log_odds(examples.evidence[fold == held])
    standing = rivals.standing(examples.query, alone, examples.name, examples.evidence)
    context = np.hstack((standing, examples.evidence))
    among = np.zeros(len(fold), dtype=np.float32)
    for held in range(folds):
        forest = _among(context[fold != held], examples.right[fold != held], growth[1], before[1])
        among[fold == held] = forest.log_odds(context[fold == held])
    top = _best_of_each(examples.query, among)
    known = np.isin(examples.query[top], examples.query[examples.right])
    near = among[top] > _NEAR
    curve = calibration.fit(among[top], examples.right[top], weights=np.where(near & ~known, strangers, 1.0))
    both = _alone(examples, growth[0], before[0]), _among(context, examples.right, growth[1], before[1])
    return Model(*both, curve, dict(about or {}))


_NEAR = -1.0
"""Log odds from which on a candidate is near."""


def recalibrated(model: Model, examples: Examples) -> Model:
    """The same model with its calibration fitted to some examples."""
    judged = model.judge(examples.evidence, examples.query, examples.name)
    top = _best_of_each(examples.query, judged.among)
    return replace(model, calibration=calibration.fit(judged.among[top], examples.right[top]))


_LEAST = 50


def _folds(query: Array, folds: int) -> Array:
    """Leads are dealt to folds by a fixed shuffle, so that what stands together in a file is spread."""
    return np.random.default_rng(7).permutation(int(query.max()) + 1)[query] % folds


class _Before(NamedTuple):
    """A forest that was there before, and its share of the say."""

    forest: Forest
    share: float


def _alone(examples: Examples, growth: Growth, before: _Before | None) -> Forest:
    return _with(grow(pairs.FEATURES, examples.evidence, examples.right, pairs.RISING, growth), before)


def _among(context: Array, right: Array, growth: Growth, before: _Before | None) -> Forest:
    return _with(grow(CONTEXT, context, right, _RISING, growth), before)


def _with(grown: Forest, before: _Before | None) -> Forest:
    return grown.mixed(*before) if before else grown


def _best_of_each(query: Array, score: Array) -> Array:
    """The place of the best candidate of each query."""
    order = np.lexsort((-score, query))
    return order[np.r_[True, query[order][1:] != query[order][:-1]]] if len(order) else order
