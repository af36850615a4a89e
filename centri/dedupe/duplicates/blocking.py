"""Blocking of people: which pairs are worth comparing at all, found by equal keys and by rare pieces of names and addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.duplicates.people import NOTHING, Codes, codes
from centri.dedupe.duplicates.person import Person, core, initials

BLOCK = 24
"""Rows with one key that are compared each with each."""

WINDOW = 4
"""In a larger block each row is compared with so many that follow it, in the order of what the rows say."""

_LEAST = 4
_PIECE = 3
_RARE = 16
_PIECES = 3
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Cut:
    """A block that was too large to compare each with each: its key, the word for the kind of key, and its rows."""

    kind: str
    key: str
    rows: int


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows, ``one`` before ``other``, each pair once, in order; ``cut`` are blocks that were not looked at wholly."""

    one: Codes
    other: Codes
    cut: tuple[Cut, ...] = ()

    def __len__(self) -> int:
        return len(self.one)


Keys = Callable[[Person], Iterable[str]]


def email(p: Person) -> Iterable[str]:
    """The e-mail address; of a mailbox that nobody owns, with the surname."""
    if p.email:
        yield f"{p.email} {''.join(p.family)}" if p.shared else p.email


def domain_surname(p: Person) -> Iterable[str]:
    """The domain of the address or the web site with each word of the surname, or with a first name, for swapped ones."""
    for domain in {p.domain, p.site} - {""}:
        for word in {*core(p.family), *p.given[:1]}:
            if len(word) > 1:
                yield f"{domain} {word}"


def name(p: Person) -> Iterable[str]:
    """First name and a word of the surname, in alphabetical order, whichever way round they are written."""
    for first in {*p.given[:1], p.known} - {""}:
        for last in core(p.family):
            if len(first) > 1 and len(last) > 1:
                yield " ".join(sorted((first, last)))


def squashed(p: Person) -> Iterable[str]:
    """The whole name without blanks."""
    if len(p.name) >= _LEAST and p.given and p.family:
        yield p.name


def local_part(p: Person) -> Iterable[str]:
    """The letters of the address before the ``@``, unless the mailbox is nobody's own, or they are too few to say anything."""
    if len(p.local) > _LEAST and not p.shared:
        yield p.local


def phone(p: Person) -> Iterable[str]:
    """The telephone number."""
    if p.phone:
        yield p.phone


def company_initials(p: Person) -> Iterable[str]:
    """The company with the initials of the name."""
    if p.spelled and p.family:
        yield f"{p.spelled} {initials(p)}"


def surname_initial(p: Person) -> Iterable[str]:
    """A word of the surname with the first name's initial and the first letters of the company, or its country."""
    if not p.given or not p.family:
        return
    for last in core(p.family):
        if len(last) > 1:
            yield f"{last} {p.given[0][0]} {p.spelled[:3]}"
            yield f"{last} {p.given[0][0]} {p.country}+"
    if len(p.given[0]) > 1 and p.spelled:
        yield f"{p.given[0]} {p.family[-1][0]} {p.spelled[:3]}"


def surname_slip(p: Person) -> Iterable[str]:
    """The surname with one letter left out, with the initial and what is known of the company: one typing error is found."""
    first = p.given[0][0] if p.given else ""
    for last in core(p.family):
        for text in slips(last):
            yield from (f"{text} {first} {place}" for place in {p.domain, p.spelled[:4], p.country} - {""})


def name_slip(p: Person) -> Iterable[str]:
    """The whole name with one letter left out."""
    if len(p.name) > 2 * _LEAST and p.given and len(p.given[0]) > 1:
        yield from slips(p.name)


def slips(text: str) -> set[str]:
    """A text as it is and with each of its letters left out: two that are a typing error apart share one of these."""
    if len(text) < _LEAST:
        return {text}
    short = text[:_LONGEST]
    return {text, *(short[:at] + short[at + 1 :] for at in range(len(short)))}


KINDS: Mapping[str, Keys] = {
    f.__name__: f
    for f in (
        email,
        domain_surname,
        name,
        squashed,
        local_part,
        phone,
        company_initials,
        surname_initial,
        surname_slip,
        name_slip,
    )
}
"""The kinds of keys, by their word."""


def says_something(p: Person) -> bool:
    """Whether there is any key that another record could be found by."""
    return any(True for keys in KINDS.values() for _ in keys(p))


def pairs(people: Sequence[Person], kinds: Mapping[str, Keys] = KINDS) -> Pairs:
    """The pairs of people that share a key of some kind or several rare pieces; fewer than a constant times the people."""
    place = in_order([(p.family, p.known, p.email) for p in people])
    keyed = {word: [(row, key) for row, p in enumerate(people) for key in keys(p)] for word, keys in kinds.items()}
    found = blocked(keyed, place)
    alike = _sharing_pieces(people, place)
    total = max(len(people), 1)
    whole = np.unique(np.concatenate((found.one * total + found.other, alike)))
    return Pairs(whole // total, whole % total, found.cut)


def in_order(said: Sequence[Any]) -> Codes:
    """The place of each row among all by what it says, so that like rows are neighbours in a block that is cut."""
    place = np.empty(len(said), dtype=np.int64)
    place[sorted(range(len(said)), key=lambda row: (said[row], row))] = np.arange(len(said))
    return place


def blocked(keyed: Mapping[str, Sequence[tuple[int, str]]], place: Codes) -> Pairs:
    """The pairs of rows that share a key; ``keyed`` holds rows with their keys for each kind, ``place`` is :func:`in_order`."""
    found, cut = [np.zeros(0, dtype=np.int64)], []
    for word, held in keyed.items():
        rows = np.array([row for row, _ in held], dtype=np.int64)
        of_kind, too_large = _in_blocks(rows, codes(key for _, key in held), place)
        found.append(of_kind)
        cut += [Cut(word, held[at][1], size) for at, size in too_large]
    whole, total = np.unique(np.concatenate(found)), max(len(place), 1)
    return Pairs(whole // total, whole % total, tuple(cut))


def _in_blocks(rows: Codes, keys: Codes, place: Codes) -> tuple[Codes, list[tuple[int, int]]]:
    """Pairs as ``one * n + other``, and where a key stands whose block was cut, with the block's size."""
    if not len(rows):
        return np.zeros(0, dtype=np.int64), []
    at = np.lexsort((place[rows], keys))
    key, row = keys[at], rows[at]
    size = np.bincount(key - NOTHING)[key - NOTHING]
    reach = np.where(size > BLOCK, WINDOW, BLOCK)
    found = [
        _encoded(row[:-far], row[far:], (key[:-far] == key[far:]) & (reach[far:] >= far), len(place)) for far in _reaches(size)
    ]
    first = np.flatnonzero((size > BLOCK) & np.r_[True, key[1:] != key[:-1]])
    return np.concatenate([np.zeros(0, dtype=np.int64), *found]), [(int(at[i]), int(size[i])) for i in first]


def _reaches(size: Codes) -> Iterable[int]:
    return range(1, min(BLOCK, int(size.max(initial=0)) - 1) + 1)


def _encoded(one: Codes, other: Codes, wanted: NDArray[np.bool_], total: int) -> Codes:
    one, other = one[wanted], other[wanted]
    low, high = np.minimum(one, other), np.maximum(one, other)
    found: Codes = (low * total + high)[low != high]
    return found


def _sharing_pieces(people: Sequence[Person], place: Codes) -> Codes:
    """Pairs that share at least three rare pieces of their names, addresses and companies."""
    held = [(row, piece) for row, p in enumerate(people) for piece in sorted(_pieces(p))]
    rows = np.array([row for row, _ in held], dtype=np.int64)
    keys = codes(piece for _, piece in held)
    size = np.bincount(keys - NOTHING)[keys - NOTHING] if len(keys) else keys
    rare = (size > 1) & (size <= _RARE)
    found, _ = _in_blocks(rows[rare], keys[rare], place)
    pair, times = np.unique(found, return_counts=True)
    return pair[times >= _PIECES]


def _pieces(p: Person) -> set[str]:
    """Three letters in a row of name and address; with what is known of the company, so that a piece is rare."""
    whole = f"^{p.known[:1]} ^{''.join(p.family)}$"
    names = {whole[at : at + _PIECE] for at in range(len(whole[:_LONGEST]) - _PIECE + 1)}
    place = p.domain or p.spelled[:_LEAST]
    mails = {p.email[at : at + _PIECE + 2] for at in range(len(p.email[:_LONGEST]) - _PIECE - 1)}
    return {f"{place} {piece}" for piece in names} | mails if place else mails
