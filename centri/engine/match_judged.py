"""Leads judged against a world: who is near each, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies.company import Company
from centri.dedupe.companies.fact_table import FactTable
from centri.dedupe.companies.matcher import Candidate, Ranking
from centri.dedupe.companies.rules import CompanyRules, Domain, Facts
from centri.dedupe.companies.verdict import Answer, judge
from centri.engine.match_hearing import Together
from centri.engine.match_world import World, lead

_MOST = 10
"""Candidates of a lead that are judged at most."""

_REACH = 6.0
"""Log odds of its own evidence by which a relative may be behind, or who is called so; see ``verdict``."""


class Judged(NamedTuple):
    """A lead, the candidates that were weighed, the best first, and the verdict."""

    lead: Company
    ranked: list[Candidate]
    answer: Answer


def judged(world: World, asked: Together, rules: CompanyRules, top: int = 1) -> Iterator[Judged]:
    """The verdict on each lead that is to be answered, with ``top`` candidates at least where there are so many."""
    ranking = world.matcher.rank([lead(row) for row in asked.rows], asked.pairs)
    leads = ranking.leads[: len(asked.places)]
    counts = _counts(ranking, _reach(world, rules), top)
    counts[len(leads) :] = 0
    places = np.asarray(ranking.places[:-1])
    weighed = np.repeat(places, counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    facts, candidates = _facts(ranking, weighed, world.facts), iter(ranking.at(weighed))
    for one, count in zip(leads, counts.tolist(), strict=False):
        ranked = list(islice(candidates, count))
        yield Judged(one, ranked, judge(one, ranked, facts, rules))


def _reach(world: World, rules: CompanyRules) -> float:
    """How far behind the best a candidate may be and still change the verdict."""
    far = (rules.family and world.facts.has_families) or rules.domain is Domain.FALLBACK
    return max(_REACH, rules.gap) if far else rules.gap


def _counts(ranking: Ranking, reach: float, top: int) -> NDArray[Any]:
    """How many candidates of each lead are to be weighed: to the last that may still change the verdict, two at least."""
    places = np.asarray(ranking.places)
    totals = np.diff(places)
    some = np.flatnonzero(totals)
    if not len(some):
        return totals
    starts, alone = places[:-1][some], ranking.judged.alone
    near = alone >= np.repeat(alone[starts], totals[some]) - reach
    rank = np.arange(len(alone)) - np.repeat(starts, totals[some])
    last = np.maximum.reduceat(np.where(near, rank + 1, 0), starts)
    counts = np.zeros_like(totals)
    counts[some] = np.minimum(np.maximum(np.minimum(last, _MOST), max(2, top)), totals[some])
    return counts


@dataclass(frozen=True)
class _Read(Mapping[str, Facts]):
    """Facts that were read at once, before the table that has them all."""

    near: Mapping[str, Facts]
    table: FactTable

    def __getitem__(self, id: str) -> Facts:
        return self.near[id] if id in self.near else self.table[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


def _facts(ranking: Ranking, weighed: NDArray[Any], table: FactTable) -> Mapping[str, Facts]:
    """What is known of the candidates at some places, read at once; of others, such as their parents, when it is asked for."""
    rows = np.unique(ranking.found.company[weighed])
    return _Read(dict(zip(table.ids.at(rows), table.at(rows), strict=True)), table)
