"""Of what all segments offer, the candidates of each query, as if the segments were one; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from centri.dedupe.companies.search import (
    ACRONYM,
    BY_ACRONYM,
    BY_LABEL,
    BY_PIECES,
    BY_SLIP,
    BY_WORDS,
    CORE,
    DOMAIN,
    LABEL_PIECE,
    MORE,
    PIECE,
    SLIP,
    STEP,
    WORD,
    best,
)


@njit(cache=True, nogil=True)
def settle(query: Any, step: Any, segment: Any, company: Any, order: Any, scores: Any, queries: int, block: int) -> Any:
    """Choose from what all segments offer, sorted by query, step and segment, as if they were one.

    Answers the place of each candidate in what was offered and what it was found by, and of each query how many companies of
    crowded keys were left out.
    """
    place, source = np.empty(len(query), np.int64), np.empty(len(query), np.int32)
    cut = np.zeros(queries, dtype=np.int32)
    found, begin, at = 0, 0, 0
    while at < len(query):
        if at == 0 or query[at] != query[at - 1]:
            begin = found
        end = at + 1
        while end < len(query) and query[end] == query[at] and step[end] == step[at]:
            end += 1
        by = step[at] % STEP
        if by in (PIECE, LABEL_PIECE, WORD):
            chosen = _alike(at, end, by, order, scores)
        else:
            most = BY_ACRONYM if by == ACRONYM else BY_SLIP if by == SLIP else block
            crowd = _crowd(at, end, segment, scores)
            if crowd > most and by in (DOMAIN, CORE):
                cut[query[at]] += crowd - most
            if crowd <= most:
                chosen = np.arange(at, end)
            elif by == SLIP:
                chosen = np.arange(at, at)
            else:
                chosen = _known_first(at, end, most, segment, company, order, place[begin:found])
        for i in chosen:
            found = _put(i, by, segment, company, place, source, found, begin)
        at = end
    return place[:found], source[:found], cut


@njit(cache=True, nogil=True)
def _alike(at: int, end: int, by: int, order: Any, scores: Any) -> Any:
    """Of the offers of a step the best by the close score, among the best by the rough one."""
    most = BY_PIECES if by == PIECE else BY_LABEL if by == LABEL_PIECE else BY_WORDS
    first = _top(scores[at:end, 0], order[at:end], most if by == WORD else MORE * most)
    close = np.empty(len(first), np.float32)
    ties = np.empty(len(first), np.uint64)
    for i in range(len(first)):
        close[i], ties[i] = scores[at + first[i], 1], order[at + first[i]]
    chosen = first[_top(close, ties, most)] + at
    count = 0
    while count < len(chosen) and scores[chosen[count], 1] > 0:
        count += 1
    return chosen[:count]


@njit(cache=True, nogil=True)
def _crowd(at: int, end: int, segment: Any, scores: Any) -> int:
    """How many companies have the key of a step, in all segments together."""
    found = 0
    for i in range(at, end):
        if i == at or segment[i] != segment[i - 1]:
            found += int(scores[i, 0])
    return found


@njit(cache=True, nogil=True)
def _known_first(at: int, end: int, most: int, segment: Any, company: Any, order: Any, places: Any) -> Any:
    """Of the offers of a step those that are candidates already, then the first by their order."""
    known = np.zeros(end - at, np.float32)
    for i in range(at, end):
        for place in places:
            if company[place] == company[i] and segment[place] == segment[i]:
                known[i - at] = 1.0
    return _top(known, order[at:end], most) + at


@njit(cache=True, nogil=True)
def _top(score: Any, order: Any, most: int) -> Any:
    """The places of the best scores, equals by their order."""
    places = np.arange(len(score))
    return best(np.ascontiguousarray(score), places, places, order, np.zeros(len(score), np.bool_), len(score), most)


@njit(cache=True, nogil=True)
def _put(at: int, by: int, segment: Any, company: Any, place: Any, source: Any, found: int, begin: int) -> int:
    """Note a candidate once for each query, with all that it was found by."""
    for known in range(begin, found):
        if company[place[known]] == company[at] and segment[place[known]] == segment[at]:
            source[known] |= by
            return found
    place[found], source[found] = at, by
    return found + 1
