"""Texts as arrays of letters, and the numbers that stand for words and three-letter pieces of them; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

PIECES = 38 * 38 * 38
"""How many different pieces of three letters there are: a to z, 0 to 9, a blank, and the edge of a name."""

_EDGE = 37
_LONGEST_NAME = 96
"""Letters of a name whose pieces are indexed."""


@njit(cache=True, nogil=True, inline="always")
def letter(code: int) -> int:
    """The number of a letter of plain text: 1 to 26, 27 to 36 for digits, 0 for anything else."""
    if 97 <= code <= 122:
        return code - 96
    if 48 <= code <= 57:
        return code - 21
    return 0


@njit(cache=True, nogil=True)
def pieces_of(text: Any, start: int, end: int, out: Any) -> int:
    """Write the pieces of a name into ``out``, sorted, each once; answers how many. Blanks are left out, edges count."""
    count, before, last, written = 0, 0, _EDGE, 0
    for at in range(start, min(end, start + _LONGEST_NAME) + 1):
        if at < end and at < start + _LONGEST_NAME:
            code = letter(text[at])
            if code == 0:
                continue
        else:
            code = _EDGE
        if written >= 1:
            out[count] = (before * 38 + last) * 38 + code
            count += 1
        before, last = last, code
        written += 1
    return _sorted_once(out, count)


@njit(cache=True, nogil=True)
def _sorted_once(out: Any, count: int) -> int:
    for at in range(1, count):
        piece, to = out[at], at
        while to > 0 and out[to - 1] > piece:
            out[to] = out[to - 1]
            to -= 1
        out[to] = piece
    kept = 0
    for at in range(count):
        if kept == 0 or out[at] != out[kept - 1]:
            out[kept] = out[at]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def hash_of(text: Any, start: int, end: int, left_out: int = -1) -> Any:
    """A number of 64 bits that stands for a text (FNV-1a), or for what is left of it without a letter; never 0."""
    found = np.uint64(14695981039346656037)
    for at in range(start, end):
        if at != left_out:
            found = (found ^ np.uint64(text[at])) * np.uint64(1099511628211)
    return found if found != np.uint64(0) else np.uint64(1)


@njit(cache=True, nogil=True)
def hashes(text: Any, offsets: Any) -> Any:
    """The number of each text; of an empty text 0."""
    found = np.zeros(len(offsets) - 1, dtype=np.uint64)
    for row in range(len(offsets) - 1):
        if offsets[row + 1] > offsets[row]:
            found[row] = hash_of(text, offsets[row], offsets[row + 1])
    return found


FEWEST_LETTERS, MOST_LETTERS = 4, 8
"""Of how many letters names are that are also found by one letter more, fewer or other: shorter ones share it with too many,
longer ones share pieces of three letters.
"""


@njit(cache=True, nogil=True)
def count_slips(offsets: Any, fewest: int) -> Any:
    """Where the numbers of :func:`slips_of` begin and end for each text: offsets of length texts + 1."""
    found = np.zeros(len(offsets), dtype=np.int64)
    for row in range(len(offsets) - 1):
        letters = offsets[row + 1] - offsets[row]
        found[row + 1] = found[row] + (letters + 1 if fewest <= letters <= MOST_LETTERS else 0)
    return found


@njit(cache=True, nogil=True)
def slips_of(text: Any, offsets: Any, places: Any) -> Any:
    """The numbers of each text and of what is left of it without each of its letters: two that share one differ by a slip."""
    found = np.zeros(places[-1], dtype=np.uint64)
    for row in range(len(offsets) - 1):
        for at in range(places[row], places[row + 1]):
            found[at] = hash_of(text, offsets[row], offsets[row + 1], offsets[row] + at - places[row])
    return found


@njit(cache=True, nogil=True)
def count_words(text: Any, offsets: Any) -> Any:
    """Where the words of each text begin and end in a row of all words: offsets of length texts + 1."""
    found = np.zeros(len(offsets), dtype=np.int64)
    for row in range(len(offsets) - 1):
        words, inside = 0, False
        for at in range(offsets[row], offsets[row + 1]):
            if text[at] == 32:
                inside = False
            elif not inside:
                inside = True
                words += 1
        found[row + 1] = found[row] + words
    return found


@njit(cache=True, nogil=True)
def words_of(text: Any, offsets: Any, places: Any) -> Any:
    """Each word of each text: where it starts and ends in ``text``, and the number that stands for it."""
    total = places[len(places) - 1]
    start, end = np.zeros(total, dtype=np.int64), np.zeros(total, dtype=np.int64)
    number = np.zeros(total, dtype=np.uint64)
    for row in range(len(offsets) - 1):
        at, word = offsets[row], places[row]
        while at < offsets[row + 1]:
            while at < offsets[row + 1] and text[at] == 32:
                at += 1
            begin = at
            while at < offsets[row + 1] and text[at] != 32:
                at += 1
            if at > begin:
                start[word], end[word], number[word] = begin, at, hash_of(text, begin, at)
                word += 1
    return start, end, number


@njit(cache=True, nogil=True)
def room() -> Any:
    """Where :func:`alike` and :func:`slips` work."""
    return np.zeros((3, _LONGEST_COMPARED + 1), dtype=np.float32)


_LONGEST_COMPARED = 48


@njit(cache=True, nogil=True)
def alike(text: Any, a: int, a_end: int, other: Any, b: int, b_end: int, room: Any) -> Any:
    """How alike two words are, 0 to 1: 1 the same; typing errors cost their share; an abbreviation of the other has 0.7.

    ``room`` is three rows of numbers to work in, as :func:`room` gives them.
    """
    n, m = a_end - a, b_end - b
    if n == 0 or m == 0:
        return 0.0
    if n > 24 or m > 24:
        n, m = min(n, 24), min(m, 24)
    if abs(n - m) <= 2 and min(n, m) >= 3:
        near = 1.0 - _distance(text, a, n, other, b, m, room) / max(n, m)
        if near >= 0.65:
            return near
    return 0.7 if _abbreviates(text, a, n, other, b, m) or _abbreviates(other, b, m, text, a, n) else 0.0


@njit(cache=True, nogil=True)
def _distance(text: Any, a: int, n: int, other: Any, b: int, m: int, room: Any) -> Any:
    """Edits between two words, a swap of neighbours being one (optimal string alignment)."""
    two, one, now = room[0], room[1], room[2]
    for j in range(m + 1):
        one[j] = j
    for i in range(1, n + 1):
        now[0] = i
        for j in range(1, m + 1):
            same = text[a + i - 1] == other[b + j - 1]
            best = min(one[j] + 1.0, now[j - 1] + 1.0, one[j - 1] + (0.0 if same else 1.0))
            if i > 1 and j > 1 and text[a + i - 1] == other[b + j - 2] and text[a + i - 2] == other[b + j - 1]:
                best = min(best, two[j - 2] + 1.0)
            now[j] = best
        two, one, now = one, now, two
    return one[m]


_VOWELS = (97, 101, 105, 111, 117)


@njit(cache=True, nogil=True)
def _abbreviates(text: Any, a: int, n: int, other: Any, b: int, m: int) -> bool:
    """The first word is short for the second: it starts it with 3 letters or more, or has its first letter and consonants."""
    if n >= m or n < 2 or text[a] != other[b]:
        return False
    same = 0
    while same < n and text[a + same] == other[b + same]:
        same += 1
    if same == n:
        return n >= 3
    if n < 3 or m < n + 2:
        return False
    at = 0
    for j in range(m):
        if at < n and other[b + j] == text[a + at]:
            at += 1
    vowels = 0
    for i in range(1, n):
        code = text[a + i]
        vowels += code in _VOWELS
    return at == n and vowels == 0


_ROWS = (b"qwertyuiop", b"asdfghjkl", b"zxcvbnm", b"1234567890")


def _keyboard() -> Any:
    """Which letters are neighbours on the common keyboards (QWERTY, and QWERTZ's and AZERTY's exchanged keys)."""
    near = np.zeros((128, 128), dtype=np.bool_)
    for row, below in zip(_ROWS, (*_ROWS[1:3], b"", b"qwertyuiop"), strict=True):
        for at, key in enumerate(row):
            beside = [*row[at + 1 : at + 2], *below[max(0, at - 1) : at + 1]]
            for other in beside:
                near[key, other] = near[other, key] = True
    return near


_NEAR_KEYS = _keyboard()


@njit(cache=True, nogil=True)
def slips(text: Any, a: int, a_end: int, other: Any, b: int, b_end: int, room: Any) -> Any:
    """How many slips of a typing hand lie between two names; at most 9.

    A swap of neighbours or a letter written twice counts half, a neighbouring key 0.6, any other change, gap or addition 1.
    """
    n, m = min(a_end - a, _LONGEST_COMPARED), min(b_end - b, _LONGEST_COMPARED)
    if n == 0 or m == 0 or abs(n - m) > 8:
        return 9.0
    two, one, now = room[0], room[1], room[2]
    one[0] = 0.0
    for j in range(1, m + 1):
        one[j] = one[j - 1] + _extra_cost(other, b, j)
    for i in range(1, n + 1):
        least = now[0] = one[0] + _extra_cost(text, a, i)
        for j in range(1, m + 1):
            x, y = text[a + i - 1], other[b + j - 1]
            change = 0.0 if x == y else 0.6 if x < 128 and y < 128 and _NEAR_KEYS[x, y] else 1.0
            best = min(one[j - 1] + change, one[j] + _extra_cost(text, a, i), now[j - 1] + _extra_cost(other, b, j))
            if i > 1 and j > 1 and x == other[b + j - 2] and text[a + i - 2] == y:
                best = min(best, two[j - 2] + 0.5)
            now[j] = best
            least = min(least, best)
        if least >= 9.0:
            return 9.0
        two, one, now = one, now, two
    return min(9.0, one[m])


@njit(cache=True, nogil=True, inline="always")
def _extra_cost(text: Any, start: int, at: int) -> float:
    """What leaving out letter ``at`` (from 1) costs."""
    return 0.5 if at > 1 and text[start + at - 1] == text[start + at - 2] else 1.0
