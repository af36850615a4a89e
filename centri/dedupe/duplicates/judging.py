"""What every judge of duplicates answers: pairs of records, and how likely each is one and the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.duplicates.blocking import Cut
from centri.dedupe.duplicates.people import Codes
from centri.dedupe.identity import Values
from centri.dedupe.scoring import Part

Odds = NDArray[np.float64]
Explain = Callable[[Sequence[int]], Sequence[tuple[Part, ...]]]


@dataclass(frozen=True, eq=False)
class Judged:
    """Pairs of rows, the lower first, with the log odds that both are one.

    ``same_as`` names for each row the first that says exactly the same; only that one is compared with others. ``parts`` tells
    what each respect adds for some of the pairs: they add up to the evidence, before a calibration makes it ``log_odds``.
    ``siblings`` marks pairs of one organisation and one surname. ``cut`` names the blocks that were not looked at wholly.
    """

    one: Codes
    other: Codes
    log_odds: Odds
    same_as: Codes
    parts: Explain
    siblings: NDArray[np.bool_]
    cut: tuple[Cut, ...] = ()


class Judge(Protocol):
    """Says which pairs of records may be one, and how likely each is; rows of ``apart`` are compared one by one."""

    def __call__(self, records: Sequence[Values], apart: Collection[int] = ()) -> Judged: ...


def same_as(said: Sequence[Hashable], apart: Collection[int] = ()) -> Codes:
    """For each row the first that says the same; rows of ``apart`` stand for themselves."""
    first: dict[Hashable, int] = {}
    found = [row if row in apart else first.setdefault(what, row) for row, what in enumerate(said)]
    return np.array(found, dtype=np.int64)


def log_odds(probability: Odds) -> Odds:
    """The log odds of probabilities between 0 and 1."""
    odds: Odds = np.log(probability) - np.log1p(-probability)
    return odds
