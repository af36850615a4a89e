"""A forest laid out to be read quickly: by feature and threshold, not tree by tree.

A row goes right at a node when its feature is above the threshold: that rules out the leaves on the left, and the first leaf of a
tree that nothing ruled out is the row's. Feature by feature, thresholds rising, the nodes to visit end where a threshold is no
longer below: there is no branch to guess wrongly. Source: Lucchese and others, "QuickScorer", SIGIR 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]

LEAVES = 32
"""Leaves of a tree at most: a bit for each."""

_ALL = (1 << LEAVES) - 1


@dataclass(frozen=True, eq=False)
class Bits:
    """The nodes sorted by feature, then threshold: those of feature ``f`` are ``starts[f]`` to ``starts[f + 1]``.

    ``kept`` are the leaves of ``tree`` that a row above ``threshold`` may still come to, as bits; ``leaf`` (trees x LEAVES) is
    what each gives.
    """

    starts: Array
    threshold: Array
    tree: Array
    kept: Array
    leaf: Array

    def sums(self, asked: Array, bias: float) -> Array:
        """The sum of what the trees give each row (rows x features), and the bias."""
        told: Array = _sums(asked, bias, self.starts, self.threshold, self.tree, self.kept, self.leaf)
        return told


def laid_out(features: int, roots: Array, feature: Array, threshold: Array, left: Array, right: Array, value: Array) -> Bits:
    """The nodes of a :class:`centri.dedupe.forest.Forest` in this order. Raises ValueError for a tree of too many leaves."""
    leaf = np.zeros((len(roots), LEAVES), dtype=np.float32)
    tree, kept = np.zeros(len(feature), dtype=np.int32), np.full(len(feature), _ALL, dtype=np.uint32)
    children, gives = list(zip(left.tolist(), right.tolist(), strict=True)), value.tolist()
    for number, root in enumerate(roots.tolist()):
        ruled_out, leaves = _leaves(root, children)
        if len(leaves) > LEAVES:
            raise ValueError(f"a tree has {len(leaves)} leaves; {LEAVES} are the most")
        leaf[number, : len(leaves)] = [gives[node] for node in leaves]
        for node, bits in ruled_out.items():
            tree[node], kept[node] = number, _ALL & ~bits
    asking = np.flatnonzero(left >= 0)
    order = asking[np.lexsort((threshold[asking], feature[asking]))]
    starts = np.searchsorted(feature[order], np.arange(features + 1)).astype(np.int32)
    return Bits(starts, threshold[order], tree[order], kept[order], leaf)


def _leaves(root: int, children: list[tuple[int, int]]) -> tuple[dict[int, int], list[int]]:
    """The leaves of a tree from left to right, and for each node that asks a bit for each leaf on its left."""
    leaves: list[int] = []
    first: dict[int, int] = {}
    ruled_out: dict[int, int] = {}
    waiting = [(root, False)]
    while waiting:
        node, left_is_done = waiting.pop()
        left, right = children[node]
        if left < 0:
            leaves.append(node)
        elif left_is_done:
            ruled_out[node] = (1 << len(leaves)) - (1 << first[node])
        else:
            first[node] = len(leaves)
            waiting += [(right, False), (node, True), (left, False)]
    return ruled_out, leaves


_FACTOR = np.uint32(0x077CB531)
_PLACE = np.array([((int(_FACTOR) << bit) & _ALL) >> 27 for bit in range(LEAVES)]).argsort().astype(np.int8)
"""The number of a lone bit by the top five bits of its product with a de Bruijn sequence."""


@njit(cache=True, nogil=True)
def _sums(
    asked: Any, bias: float, starts: Any, threshold: Any, tree: Any, kept: Any, leaf: Any
) -> Any:  # pragma: no cover - compiled
    found = np.empty(len(asked), dtype=np.float32)
    left = np.empty(len(leaf), dtype=np.uint32)
    for row in range(len(asked)):
        left[:] = np.uint32(0xFFFFFFFF)
        for feature in range(len(starts) - 1):
            value = asked[row, feature]
            for at in range(starts[feature], starts[feature + 1]):
                if value <= threshold[at]:
                    break
                left[tree[at]] &= kept[at]
        told = np.float32(bias)
        for number in range(len(leaf)):
            first = np.uint32(left[number] & (~left[number] + np.uint32(1)))
            told += leaf[number, _PLACE[np.uint32(first * _FACTOR) >> np.uint32(27)]]
        found[row] = told
    return found
