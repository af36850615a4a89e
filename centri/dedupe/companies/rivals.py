"""How a candidate stands against the others of the same lead: nothing speaks louder for a match than that no other is near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from centri.dedupe.companies import evidence as pairs
from centri.dedupe.companies.wording import OTHER_HOST

Array = NDArray[Any]

COMPARED = ("domain", "name_pieces", "lead_words", "account_words", "slip_share", "lead_domain_cover", "city")
"""Columns of evidence in which a candidate is also set against the best of the others."""

_OWN = ("evidence", "ahead", "ahead_of_other_names", "ahead_of_third", "as_near", "same_domain", "same_name")
FEATURES: tuple[str, ...] = (*_OWN, *(f"ahead_in_{name}" for name in COMPARED))
RISING: Mapping[str, int] = {
    **dict.fromkeys(_OWN[:4], 1),
    **{f"ahead_in_{name}": pairs.RISING[name] for name in COMPARED},
}
_COLUMNS = np.array([pairs.FEATURES.index(name) for name in COMPARED])
_WAYS = np.array([pairs.RISING[name] for name in COMPARED], dtype=np.float32)

_FAR = 12.0
"""Log odds that nothing is ahead by more, and that a candidate without rivals is ahead by."""

_NEAR = 1.0


FAR_BEHIND = -7.0
"""Log odds that a candidate which is not in the running has at most."""

_RUNNING = 6


def in_the_running(query: Array, alone: Array) -> Array:
    """Which candidates are among the best six of their query by their own evidence: the others need not be judged among them.

    Whoever is as good as the sixth is among them too, so that the order of candidates does not matter.
    """
    if not len(query):
        return np.zeros(0, dtype=np.bool_)
    order = np.lexsort((-alone, query))
    starts = np.flatnonzero(np.r_[True, query[order][1:] != query[order][:-1]])
    counts = np.diff(np.r_[starts, len(query)])
    last = alone[order][starts + np.minimum(counts, _RUNNING) - 1]
    near = np.empty(len(query), dtype=np.bool_)
    near[order] = alone[order] >= np.repeat(last, counts)
    return near


def standing(query: Array, alone: Array, name: Array, evidence: Array) -> Array:
    """How each candidate stands (candidates x FEATURES). Candidates of one query stand together.

    ``alone`` is the log odds of each by itself, ``name`` a number for what it is called (0: nothing), ``evidence`` the columns of
    :mod:`centri.dedupe.companies.evidence`.
    """
    starts = np.flatnonzero(np.r_[True, query[1:] != query[:-1]]) if len(query) else np.zeros(0, dtype=np.int64)
    told = np.ascontiguousarray(evidence[:, _COLUMNS] * _WAYS)
    has_domain = evidence[:, _DOMAIN] >= OTHER_HOST
    own, ahead = _standing(starts, len(query), alone.astype(np.float32), name, has_domain, told)
    return np.hstack((own, ahead * _WAYS))


_DOMAIN = pairs.FEATURES.index("domain")


@njit(cache=True, nogil=True)
def _standing(starts: Any, total: int, evidence: Any, name: Any, has_domain: Any, compared: Any) -> Any:
    told = np.zeros((total, 7), dtype=np.float32)
    against = compared.copy()
    for group in range(len(starts)):
        a = starts[group]
        b = starts[group + 1] if group + 1 < len(starts) else total
        for i in range(a, b):
            best = third = other = np.float32(-_FAR * 9)
            near, domain, same = 0, 0, 0
            for j in range(a, b):
                if has_domain[j]:
                    domain += 1
                if j == i:
                    continue
                e = evidence[j]
                if e > best:
                    best, third = e, best
                elif e > third:
                    third = e
                if name[j] != name[i] or name[i] == 0:
                    other = max(other, e)
                else:
                    same += 1
                if abs(e - evidence[i]) < _NEAR:
                    near += 1
            e = evidence[i]
            told[i, 0] = e
            told[i, 1] = _bound(e - best)
            told[i, 2] = _bound(e - other)
            told[i, 3] = _bound(e - third)
            told[i, 4], told[i, 5], told[i, 6] = near, domain, same
            for k in range(compared.shape[1]):
                most = np.float32(-_FAR)
                for j in range(a, b):
                    if j != i:
                        most = max(most, compared[j, k])
                against[i, k] = compared[i, k] - most
    return told, against


@njit(cache=True, nogil=True, inline="always")
def _bound(ahead: float) -> float:
    return max(-_FAR, min(_FAR, ahead))
