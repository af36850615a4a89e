"""Groups by correlation: rows join where the evidence for and against, of all pairs between them together, says so.

Not by chains: a row that is like one member and unlike three does not join them. Average linkage from the strongest pair down,
then single rows move where they are better placed. The time grows with the number of compared pairs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

UNSEEN = -2.0
"""The log odds of two rows that nothing suggested comparing."""

NEVER = -1e9
"""What a cannot-link weighs: more than all evidence."""

_ROUNDS = 6

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clusters:
    """``of`` is the number of each row's cluster: its first row's. ``refused`` are must-links that a cannot-link forbids."""

    of: tuple[int, ...]
    refused: tuple[Pair, ...] = ()


@dataclass(slots=True)
class _Cluster:
    """Its rows, and the evidence between it and others: the sum of log odds and the number of pairs that were compared."""

    rows: list[int]
    beside: dict[int, tuple[float, int]] = field(default_factory=dict)


def clusters(rows: int, edges: Mapping[Pair, float], must: Iterable[Pair] = (), cannot: Iterable[Pair] = ()) -> Clusters:
    """The clusters of rows 0 to ``rows`` - 1. ``edges`` holds log odds of pairs, the lower row first."""
    forbidden = {_ordered(pair) for pair in cannot}
    weights = dict(sorted({**edges, **dict.fromkeys(forbidden, NEVER)}.items()))
    grown = _Growing(rows, weights)
    refused = [pair for pair in sorted(map(_ordered, must)) if not grown.force(*pair)]
    fixed = {row for pair in must for row in pair}
    grown.agglomerate()
    return Clusters(_moved(grown.numbers(), weights, fixed), tuple(refused))


def _ordered(pair: Pair) -> Pair:
    return (min(pair), max(pair))


class _Growing:
    """Clusters while they grow, each under the number of its first row."""

    def __init__(self, rows: int, weights: Mapping[Pair, float]) -> None:
        self.held = {row: _Cluster([row]) for row in range(rows)}
        self.inside = list(range(rows))
        for (one, other), weight in weights.items():
            if one != other:
                self.held[one].beside[other] = self.held[other].beside[one] = (weight, 1)
        self.heap: list[tuple[float, int, int]] = []

    def numbers(self) -> list[int]:
        return [self.inside[row] for row in range(len(self.inside))]

    def mean(self, one: int, other: int) -> float:
        """The log odds between two clusters, for each pair of their rows."""
        total, seen = self.held[one].beside[other]
        pairs = len(self.held[one].rows) * len(self.held[other].rows)
        return (total + UNSEEN * (pairs - seen)) / pairs

    def force(self, one: int, other: int) -> bool:
        """Join the clusters of two rows, whatever the evidence; False where a cannot-link forbids it."""
        one, other = sorted((self.inside[one], self.inside[other]))
        if one == other:
            return True
        if self.held[one].beside.get(other, (0.0, 0))[0] <= NEVER / 2:
            return False
        self._join(one, other)
        return True

    def agglomerate(self) -> None:
        """Join the two that are most alike, until none are more alike than not."""
        self.heap = [(-self.mean(a, b), a, b) for a, cluster in self.held.items() for b in cluster.beside if a < b]
        self.heap = [entry for entry in self.heap if entry[0] < 0]
        heapq.heapify(self.heap)
        while self.heap:
            score, one, other = heapq.heappop(self.heap)
            current = one in self.held and other in self.held and other in self.held[one].beside
            if current and -self.mean(one, other) == score:
                self._join(one, other)

    def _join(self, one: int, other: int) -> None:
        kept, gone = self.held[one], self.held.pop(other)
        for row in gone.rows:
            self.inside[row] = one
        kept.rows += gone.rows
        kept.beside.pop(other, None)
        gone.beside.pop(one, None)
        for third, (total, seen) in gone.beside.items():
            before, times = kept.beside.get(third, (0.0, 0))
            kept.beside[third] = self.held[third].beside[one] = (before + total, times + seen)
            del self.held[third].beside[other]
        for third in kept.beside if self.heap else ():
            if (score := -self.mean(one, third)) < 0:
                heapq.heappush(self.heap, (score, min(one, third), max(one, third)))


def _moved(cluster: Sequence[int], weights: Mapping[Pair, float], fixed: set[int]) -> tuple[int, ...]:
    """Single rows moved to where the evidence is better, as long as any gains; linked ones stay."""
    beside: dict[int, list[tuple[int, float]]] = {}
    for (one, other), weight in weights.items():
        beside.setdefault(one, []).append((other, weight))
        beside.setdefault(other, []).append((one, weight))
    now, size = list(cluster), _sizes(cluster)
    for _ in range(_ROUNDS):
        if not sum(_move(row, now, size, beside[row]) for row in sorted(beside) if row not in fixed):
            break
    return _numbered(now)


def _sizes(cluster: Sequence[int]) -> dict[int, int]:
    size: dict[int, int] = {}
    for number in cluster:
        size[number] = size.get(number, 0) + 1
    return size


def _move(row: int, now: list[int], size: dict[int, int], beside: Sequence[tuple[int, float]]) -> bool:
    """Move one row to the best place, if that is better than where it is: another cluster, or one of its own."""
    found: dict[int, tuple[float, int]] = {}
    for other, weight in beside:
        total, seen = found.get(now[other], (0.0, 0))
        found[now[other]] = (total + weight, seen + 1)
    mine = now[row]
    alone = -1 - row
    gains = {number: total + UNSEEN * (size[number] - (number == mine) - seen) for number, (total, seen) in found.items()}
    gains.setdefault(mine, UNSEEN * (size[mine] - 1))
    gains[alone] = 0.0
    best = max(gains, key=lambda number: (gains[number], number == mine, -number))
    if gains[best] <= gains[mine] + 1e-9 or (best == alone and size[mine] == 1):
        return False
    now[row] = best
    size[mine] -= 1
    size[best] = size.get(best, 0) + 1
    return True


def _numbered(cluster: Sequence[int]) -> tuple[int, ...]:
    first: dict[int, int] = {}
    for row, number in enumerate(cluster):
        first.setdefault(number, row)
    return tuple(first[number] for number in cluster)
