"""A set of companies as arrays that can be searched: what they are called, their domains, and where each key is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from centri import values as canonical
from centri.dedupe.companies.company import Company
from centri.dedupe.companies.text import FEWEST_LETTERS, PIECES, count_slips, count_words, hashes, pieces_of, slips_of, words_of
from centri.dedupe.names import CompanyName

Array = NDArray[Any]

_MOST_PIECES = 128


@dataclass(frozen=True, eq=False)
class Texts:
    """Many texts in one row of letters: text ``i`` is ``letters[offsets[i]:offsets[i + 1]]``, in UTF-8."""

    letters: Array
    offsets: Array

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded)), out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded) or b"\0", dtype=np.uint8), offsets)

    def __getitem__(self, at: int) -> str:
        return bytes(self.letters[self.offsets[at] : self.offsets[at + 1]]).decode()

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def at(self, places: Array) -> list[str]:
        """The texts at some places."""
        letters, ends = _gathered(self.letters, self.offsets, np.asarray(places, dtype=np.int64))
        joined, bounds = letters.tobytes(), [0, *ends.tolist()]
        if letters.max(initial=0) < 128:  # each letter is a byte: one decoding for all
            plain = joined.decode("ascii")
            return [plain[a:b] for a, b in pairwise(bounds)]
        return [joined[a:b].decode() for a, b in pairwise(bounds)]

    def each(self) -> list[str]:
        """All texts, in their order."""
        return self.at(np.arange(len(self)))


@dataclass(frozen=True, eq=False)
class Names:
    """Names taken apart, row by row: ``core`` their words, ``squashed`` the same as spelled and without blanks, ``extra`` more.

    The words of row ``i`` are ``places[i]`` to ``places[i + 1]`` of ``start``, ``end`` (in ``core.letters``) and ``number``;
    its pieces are ``piece_places[i]`` to ``piece_places[i + 1]`` of ``pieces``, sorted. ``form`` is a number for its legal form.
    """

    core: Texts
    squashed: Texts
    extra: Texts
    places: Array
    start: Array
    end: Array
    number: Array
    piece_places: Array
    pieces: Array
    form: Array

    @classmethod
    def of(cls, names: Sequence[CompanyName]) -> Names:
        core = Texts.of([" ".join(name.words) for name in names])
        tight = Texts.of([name.squashed for name in names])
        extra = Texts.of([" ".join(name.extra) for name in names])
        forms = Texts.of([name.form for name in names])
        places = count_words(core.letters, core.offsets)
        start, end, number = words_of(core.letters, core.offsets, places)
        piece_places, pieces = _all_pieces(core.letters, core.offsets)
        return cls(core, tight, extra, places, start, end, number, piece_places, pieces, hashes(forms.letters, forms.offsets))

    def __len__(self) -> int:
        return len(self.core)


@dataclass(frozen=True, eq=False)
class Keys:
    """Which rows have a key: those of ``number[i]`` (of a text; sorted, each once) are ``row[starts[i]:starts[i + 1]]``."""

    number: Array
    starts: Array
    row: Array

    @classmethod
    def of(cls, number: Array, row: Array) -> Keys:
        told = number != 0
        number, row = number[told], row[told]
        order = np.argsort(number, kind="stable")
        once, starts = np.unique(number[order], return_index=True)
        return cls(once, np.append(starts, len(order)).astype(np.int64), row[order].astype(np.int32))

    def counts(self, numbers: Array) -> Array:
        """How many rows each key has."""
        if not len(self.number):
            return np.zeros(len(numbers), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.number, numbers), len(self.number) - 1)
        return np.where(self.number[at] == numbers, self.starts[at + 1] - self.starts[at], 0)


@dataclass(frozen=True, eq=False)
class Segment:
    """Companies and how they are found. ``owner`` is the company of each name, ``first_name`` the names of each company.

    ``domain_places`` says which rows of ``domains`` and ``labels`` are a company's. ``order`` is a number made of each id,
    by which equals are put in one order wherever they are kept. ``countries`` are the two letters of a code as a number, 0
    for none. ``word_ranks`` are the places of the words of all names in ``word_keys``.
    """

    ids: Texts
    order: Array
    names: Names
    owner: Array
    first_name: Array
    domains: Texts
    domain_number: Array
    host: Array
    labels: Texts
    tld: Array
    core: Array
    acronym: Array
    domain_places: Array
    countries: Array
    cities: Texts
    word_ranks: Array
    piece_starts: Array
    piece_rows: Array
    piece_lengths: Array
    word_keys: Keys
    core_keys: Keys
    slip_keys: Keys
    acronym_keys: Keys
    domain_keys: Keys
    label_keys: Keys
    place_keys: Keys

    def __len__(self) -> int:
        return len(self.ids)


def label(domain: str) -> str:
    """What a registered domain says before its ending, plain letters and digits only."""
    first = domain.partition(".")[0]
    return first.replace("-", "") if first.isascii() else "".join(canonical.words(first))


def country_number(code: str) -> int:
    return ord(code[0]) * 256 + ord(code[1]) if len(code) == 2 else 0


_SAID_OTHERWISE = {"UK": "GB"}
_NO_COUNTRY = frozenset(("IO", "CO", "AI", "TV", "ME", "FM", "CC", "WS", "EU", "LY", "SO", "SH", "GG", "TO", "VC"))
"""Endings of countries that are bought everywhere."""


def tlds(domains: Sequence[str]) -> Array:
    """The country that each domain ends on, as a number; 0 where it ends on none, or on one that is bought everywhere."""
    endings = (domain.rpartition(".")[2].upper() for domain in domains)
    told = (_SAID_OTHERWISE.get(e, e) if len(e) == 2 and e not in _NO_COUNTRY else "" for e in endings)
    return np.fromiter(map(country_number, told), dtype=np.int32, count=len(domains))


def acronym(words: Sequence[str]) -> str:
    """The first letters of three words or more."""
    told = [word for word in words if word not in ("and", "of", "the")]
    return "".join(word[0] for word in told) if len(told) >= 3 else ""


def segment(companies: Sequence[Company]) -> Segment:
    """The arrays of some companies; one without a name can still be found by its domain."""
    names = [(row, name) for row, company in enumerate(companies) for name in company.names]
    domains = [(row, domain) for row, company in enumerate(companies) for domain in company.domains]
    told = Names.of([name for _, name in names])
    owner = np.fromiter((row for row, _ in names), dtype=np.int32, count=len(names))
    acronyms = Texts.of([acronym(name.words) for _, name in names])
    domain_texts, labels = Texts.of([d for _, d in domains]), Texts.of([label(d) for _, d in domains])
    domain_owner = np.fromiter((row for row, _ in domains), dtype=np.int32, count=len(domains))
    hosts = Texts.of([host for company in companies for host in company.hosts])
    ids = Texts.of([company.id for company in companies])
    cities = Texts.of([company.city for company in companies])
    domain_number = hashes(domain_texts.letters, domain_texts.offsets)
    starts, rows = postings(told.piece_places, told.pieces)
    core = hashes(told.squashed.letters, told.squashed.offsets)
    acronym_number = hashes(acronyms.letters, acronyms.offsets)
    everyone = np.arange(len(names))
    word_keys = Keys.of(told.number, np.repeat(everyone, np.diff(told.places)))
    return Segment(
        ids=ids,
        order=hashes(ids.letters, ids.offsets),
        names=told,
        owner=owner,
        first_name=_places(owner, len(companies)),
        domains=domain_texts,
        domain_number=domain_number,
        host=hashes(hosts.letters, hosts.offsets),
        labels=labels,
        tld=tlds([domain for _, domain in domains]),
        core=core,
        acronym=acronym_number,
        domain_places=_places(domain_owner, len(companies)),
        countries=np.fromiter((country_number(c.country) for c in companies), dtype=np.int32, count=len(companies)),
        cities=cities,
        word_ranks=np.searchsorted(word_keys.number, told.number).astype(np.int32),
        piece_starts=starts,
        piece_rows=rows,
        piece_lengths=np.diff(told.piece_places).astype(np.uint8),
        word_keys=word_keys,
        core_keys=Keys.of(core, everyone),
        slip_keys=slip_keys(told.squashed),
        acronym_keys=Keys.of(acronym_number, everyone),
        domain_keys=Keys.of(domain_number, domain_owner),
        label_keys=Keys.of(hashes(labels.letters, labels.offsets), domain_owner),
        place_keys=Keys.of(hashes(cities.letters, cities.offsets), np.arange(len(companies))),
    )


def slip_keys(names: Texts) -> Keys:
    """By what names are found that a slip was made in."""
    places = count_slips(names.offsets, FEWEST_LETTERS)
    return Keys.of(slips_of(names.letters, names.offsets, places), np.repeat(np.arange(len(names)), np.diff(places)))


def _places(owner: Array, count: int) -> Array:
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=count)))).astype(np.int64)


def arrays(thing: Any, prefix: str = "") -> Iterator[tuple[str, Array]]:
    """Every array of a segment with the name it is kept under."""
    for each in fields(thing):
        value = getattr(thing, each.name)
        if isinstance(value, np.ndarray):
            yield prefix + each.name, value
        else:
            yield from arrays(value, f"{prefix}{each.name}.")


def of_arrays(kept: Mapping[str, Array]) -> Segment:
    """The segment whose :func:`arrays` are given. Raises KeyError where one is missing."""
    found: Segment = _of_arrays(Segment, kept, "")
    return found


_KINDS: Mapping[str, Any] = {"Texts": Texts, "Names": Names, "Keys": Keys}


def _of_arrays(kind: Any, kept: Mapping[str, Array], prefix: str) -> Any:
    given = {}
    for each in fields(kind):
        inner = _KINDS.get(str(each.type))
        given[each.name] = _of_arrays(inner, kept, f"{prefix}{each.name}.") if inner else kept[prefix + each.name]
    return kind(**given)


@njit(cache=True, nogil=True)
def _gathered(letters: Any, offsets: Any, places: Any) -> Any:
    """The letters of some texts one behind the other, and where each ends."""
    ends = np.empty(len(places), dtype=np.int64)
    total = 0
    for at in range(len(places)):
        total += offsets[places[at] + 1] - offsets[places[at]]
        ends[at] = total
    found = np.empty(total, dtype=np.uint8)
    to = 0
    for at in range(len(places)):
        for place in range(offsets[places[at]], offsets[places[at] + 1]):
            found[to] = letters[place]
            to += 1
    return found, ends


@njit(cache=True, nogil=True)
def _all_pieces(letters: Any, offsets: Any) -> Any:
    rows = len(offsets) - 1
    places = np.zeros(rows + 1, dtype=np.int64)
    out = np.empty(_MOST_PIECES, dtype=np.int32)
    for row in range(rows):
        places[row + 1] = places[row] + pieces_of(letters, offsets[row], offsets[row + 1], out)
    found = np.empty(places[rows], dtype=np.int32)
    for row in range(rows):
        count = pieces_of(letters, offsets[row], offsets[row + 1], out)
        found[places[row] : places[row] + count] = out[:count]
    return places, found


@njit(cache=True, nogil=True)
def postings(places: Any, pieces: Any) -> Any:
    starts = np.zeros(PIECES + 1, dtype=np.int64)
    for piece in pieces:
        starts[piece + 1] += 1
    for piece in range(PIECES):
        starts[piece + 1] += starts[piece]
    rows, next = np.empty(len(pieces), dtype=np.int32), starts[:-1].copy()
    for row in range(len(places) - 1):
        for at in range(places[row], places[row + 1]):
            rows[next[pieces[at]]] = row
            next[pieces[at]] += 1
    return starts, rows
