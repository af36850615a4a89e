"""An index of companies: one large segment and a small one of what changed since, searched as if they were one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies import search
from centri.dedupe.companies.company import Company
from centri.dedupe.companies.segment import Names, Segment, Texts, acronym, country_number, label, tlds
from centri.dedupe.companies.settling import settle
from centri.dedupe.companies.text import FEWEST_LETTERS, count_slips, hashes, slips_of
from centri.dedupe.names import COMMON, CompanyName

Array = NDArray[Any]

BUDGET = 6_000
"""Names that are looked at for a query, through its rarest pieces: what bounds the cost of a search."""

BLOCK = 24
"""Companies that one key gives at most; of a more crowded one those whose names are most alike."""

_BACKGROUND = 10_000.0
"""How many companies are imagined beside those there are, so that words weigh the same in a small store."""

_LEAST_WEIGHT = 1e-4
"""What a piece weighs at least that all names have: a search knows by a sum above 0 that it was at a name before."""

_COMMON_SHARE, _RARE_SHARE = 0.005, 0.00002


@dataclass(frozen=True, eq=False)
class Asked:
    """The companies that are looked for, in the form a segment keeps them in; each by its first name alone."""

    names: Names
    core: Array
    slip_places: Array
    slips: Array
    acronym: Array
    domain_places: Array
    domain: Array
    host: Array
    labels: Texts
    label: Array
    tld: Array
    label_names: Names
    countries: Array
    cities: Texts

    @classmethod
    def of(cls, companies: Sequence[Company]) -> Asked:
        first = [company.names[0] if company.names else CompanyName() for company in companies]
        names = Names.of(first)
        domains = [domain for company in companies for domain in company.domains]
        labels, acronyms = Texts.of([label(d) for d in domains]), Texts.of([acronym(name.words) for name in first])
        texts, hosts = Texts.of(domains), Texts.of([host for company in companies for host in company.hosts])
        joined = [tuple(dict.fromkeys(label(d) for d in company.domains)) for company in companies]
        slip_places = count_slips(names.squashed.offsets, FEWEST_LETTERS - 1)
        return cls(
            names=names,
            core=hashes(names.squashed.letters, names.squashed.offsets),
            slip_places=slip_places,
            slips=slips_of(names.squashed.letters, names.squashed.offsets, slip_places),
            acronym=hashes(acronyms.letters, acronyms.offsets),
            domain_places=np.cumsum([0, *(len(company.domains) for company in companies)]).astype(np.int64),
            domain=hashes(texts.letters, texts.offsets),
            host=hashes(hosts.letters, hosts.offsets),
            labels=labels,
            label=hashes(labels.letters, labels.offsets),
            tld=tlds(domains),
            label_names=Names.of([CompanyName(words, words) for words in joined]),
            countries=np.fromiter((country_number(c.country) for c in companies), dtype=np.int32, count=len(companies)),
            cities=Texts.of([company.city for company in companies]),
        )

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of a query and a company: ``segment`` and ``company`` say where it is, ``found_by`` by what, as in ``search``."""

    query: Array
    segment: Array
    company: Array
    found_by: Array
    cut: Array
    """Of each query, how many companies of crowded keys were left out."""

    def at(self, order: Array) -> Candidates:
        """The same pairs in another order."""
        return Candidates(self.query[order], self.segment[order], self.company[order], self.found_by[order], self.cut)


class Index:
    """Segments that are searched as one. ``dead`` marks the companies of each that no longer count.

    Weights of words and pieces come from all living companies together, so that the answer does not depend on how they are
    divided into segments.
    """

    def __init__(self, segments: Sequence[Segment], dead: Sequence[Array] | None = None) -> None:
        self.segments = tuple(segments)
        self.dead = tuple(dead) if dead is not None else tuple(np.zeros(len(s), dtype=np.bool_) for s in segments)
        self._gone = [self._dead_rows(i) for i in range(len(self.segments))]

    def _dead_rows(self, at: int) -> Array:
        segment = self.segments[at]
        return np.flatnonzero(self.dead[at][segment.owner]) if self.dead[at].any() else np.zeros(0, dtype=np.int64)

    @cached_property
    def total(self) -> int:
        """How many names there are."""
        return sum(len(s.names) - len(gone) for s, gone in zip(self.segments, self._gone, strict=True))

    @cached_property
    def piece_counts(self) -> Array:
        counts: Array = np.zeros(len(self.segments[0].piece_starts) - 1, dtype=np.int64)
        for segment, gone in zip(self.segments, self._gone, strict=True):
            counts += np.diff(segment.piece_starts)
            if len(gone):
                counts -= np.bincount(_of_rows(segment.names.pieces, segment.names.piece_places, gone), minlength=len(counts))
        return counts

    @cached_property
    def piece_weights(self) -> Array:
        return np.maximum(np.log((1.0 + self.total) / (1.0 + self.piece_counts)), _LEAST_WEIGHT).astype(np.float32)

    def word_counts(self, numbers: Array) -> Array:
        """How many names have each word."""
        found: Array = np.zeros(len(numbers), dtype=np.int64)
        for segment, gone in zip(self.segments, self._gone, strict=True):
            found += segment.word_keys.counts(numbers)
            if len(gone):
                found -= _counted(segment.names, gone, numbers)
        return found

    def weights(self, counts: Array, numbers: Array) -> Array:
        """How much a word says, about 0 to 1.2: 1 for a word that one company alone has."""
        share = np.where(np.isin(numbers, _COMMON_NUMBERS), _COMMON_SHARE, _RARE_SHARE) * _BACKGROUND
        everything = self.total + _BACKGROUND
        weights: Array = (np.log(everything / (counts + share)) / np.log(everything)).astype(np.float32)
        return weights

    @cached_property
    def word_weights(self) -> tuple[Array, ...]:
        """The weight of every word of each segment, by its rank there."""
        return tuple(self.weights(self.word_counts(s.word_keys.number), s.word_keys.number) for s in self.segments)

    def places(self, numbers: Array) -> Array:
        """Which words are places: the whole name of a city that some living company is in."""
        return self._living("place_keys", numbers) > 0

    @cached_property
    def crowds(self) -> tuple[tuple[Array, Array], ...]:
        """Of each segment how many names are written as each of its names is, and how many companies have each of its domains."""
        return tuple((self._living("core_keys", s.core), self._living("domain_keys", s.domain_number)) for s in self.segments)

    def _living(self, keys: str, numbers: Array) -> Array:
        """How many living rows of all segments have each key."""
        found: Array = np.zeros(len(numbers), dtype=np.int64)
        for at, segment in enumerate(self.segments):
            found += getattr(segment, keys).counts(numbers)
            if len(gone := self._gone_keys(at, keys)):
                found -= _times(gone, numbers)
        return found

    def _gone_keys(self, at: int, keys: str) -> Array:
        """The keys of a segment's dead, each as often as they have it."""
        segment, dead = self.segments[at], np.flatnonzero(self.dead[at])
        if keys == "core_keys":
            return segment.core[self._gone[at]]
        if keys == "domain_keys":
            return _of_rows(segment.domain_number, segment.domain_places, dead)
        cities = Texts.of(segment.cities.at(dead))
        found: Array = hashes(cities.letters, cities.offsets)
        return found

    def find(self, asked: Asked) -> Candidates:
        """The candidates of each query, at a cost that :data:`BUDGET` and :data:`BLOCK` bound whatever the input."""
        counts = self.word_counts(asked.names.number)
        parts = [self._offered(at, asked, counts) for at in range(len(self.segments))]
        where = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part[0]) for part in parts])
        query, step, company, scores = (np.concatenate([part[i] for part in parts]) for i in range(4))
        order = np.concatenate([s.order[part[2]] for s, part in zip(self.segments, parts, strict=True)])
        if len(parts) > 1:
            sorted_ = np.lexsort((step, query))
            query, step, company, scores, where, order = (a[sorted_] for a in (query, step, company, scores, where, order))
        place, found_by, cut = settle(query, step, where, company, order, scores, len(asked), BLOCK)
        return Candidates(query[place], where[place], company[place], found_by, cut)

    def _offered(self, at: int, asked: Asked, word_counts: Array) -> tuple[Array, Array, Array, Array]:
        s, room = self.segments[at], self._rooms[at]
        keys = (s.word_keys, s.core_keys, s.slip_keys, s.acronym_keys, s.domain_keys, s.label_keys)
        find: Any = search.find  # its types say nothing of starred arguments
        answer: tuple[Array, Array, Array, Array] = find(
            asked.names.piece_places, asked.names.pieces, asked.names.places, asked.names.number, word_counts,
            asked.label_names.piece_places, asked.label_names.pieces, asked.core, asked.acronym, asked.slip_places, asked.slips,
            asked.domain_places, asked.domain, asked.label,
            self.piece_counts, self.piece_weights, self.total, BUDGET, BLOCK,
            s.piece_starts, s.piece_rows, s.piece_lengths, s.names.piece_places, s.names.pieces, s.owner, s.order,
            self.dead[at], s.names.places,
            *(array for key in keys for array in (key.number, key.starts, key.row)),
            *room,
        )  # fmt: skip
        return answer

    @cached_property
    def _rooms(self) -> list[tuple[Array, Array]]:
        """Where a search adds up, kept from one to the next: it leaves zeros behind."""
        return [(np.zeros(len(s.names) + 1, np.float32), np.zeros(len(s.names) + 1, np.int32)) for s in self.segments]


def _counted(names: Names, rows: Array, numbers: Array) -> Array:
    return _times(_of_rows(names.number, names.places, rows), numbers)


def _times(told: Array, numbers: Array) -> Array:
    """How many times each number is told; 0 stands for none."""
    told = told[told != 0]
    if not len(told):
        return np.zeros(len(numbers), dtype=np.int64)
    once, counts = np.unique(told, return_counts=True)
    at = np.minimum(np.searchsorted(once, numbers), len(once) - 1)
    return np.where((once[at] == numbers) & (numbers != 0), counts[at], 0)


def _of_rows(values: Array, places: Array, rows: Array) -> Array:
    """The values of some rows, those of row ``i`` being ``values[places[i]:places[i + 1]]``."""
    lengths = places[rows + 1] - places[rows]
    first = np.repeat(places[rows] - np.cumsum(lengths) + lengths, lengths)
    found: Array = values[first + np.arange(len(first))]
    return found


def _numbers(words: Collection[str]) -> Array:
    texts = Texts.of(sorted(words))
    return np.sort(hashes(texts.letters, texts.offsets))


_COMMON_NUMBERS = _numbers(COMMON)
