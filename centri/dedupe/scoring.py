"""Scoring: the parts of the evidence for one candidate, their sum, and the probability it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from centri.dedupe.comparisons import COMPARISONS
from centri.dedupe.identity import Values
from centri.records import Record, Ref

PRIOR = "prior"
"""The part that every candidate starts with: how unlikely a candidate is before anything is compared."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one comparison adds to the evidence: ``weight`` in log odds, negative where it speaks against."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate and the evidence for it. The parts' weights add up to ``evidence``, in log odds."""

    ref: Ref
    parts: tuple[Part, ...]

    @property
    def evidence(self) -> float:
        return math.fsum(part.weight for part in self.parts)

    @property
    def score(self) -> float:
        return probability(self.evidence)

    @property
    def levels(self) -> Mapping[str, str]:
        """The level of each comparison."""
        return {part.field: part.level for part in self.parts}


def probability(evidence: float) -> float:
    """The probability, 0 to 1, that log odds stand for; strictly increasing, which a calibration in its place must be too."""
    if evidence < 0:
        return math.exp(evidence) / (1.0 + math.exp(evidence))
    return 1.0 / (1.0 + math.exp(-evidence))


def score(subject: Values, candidate: Record, compare: Mapping[str, float], prior: float) -> Scored:
    """One candidate compared word by word; a part's weight is the word's weight times its level's evidence."""
    return Scored(
        candidate.ref, (Part(PRIOR, "any", prior), *(_part(word, w, subject, candidate) for word, w in compare.items()))
    )


def _part(word: str, weight: float, subject: Values, candidate: Record) -> Part:
    level = COMPARISONS[word](subject, candidate.values)
    return Part(word, level.name, weight * level.evidence)
