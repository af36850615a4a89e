"""The word lists that standard codes and decisions about identity rest on: data files beside this one, and what a team adds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from anyascii import anyascii

_NOT_WORD = re.compile(r"[^a-z0-9]+")

Entry = tuple[str | None, tuple[str, ...]]
Phrases = Mapping[str, Sequence[str]]
"""Codes, each with the phrases that stand for it."""


def load(name: str) -> Any:
    """The content of ``data/NAME.json``."""
    return json.loads(files("centri.dedupe").joinpath("data", f"{name}.json").read_text(encoding="utf-8"))


def plain_words(text: str) -> list[str]:
    """The words of a text in plain small letters; whatever is neither letter nor digit divides."""
    return list(_plain_words(text))


@lru_cache(maxsize=1 << 12)
def _plain_words(text: str) -> tuple[str, ...]:
    plain = text if text.isascii() else anyascii(text)
    return tuple(_NOT_WORD.sub(" ", plain.casefold().replace("&", " and ")).split())


@dataclass(frozen=True, slots=True)
class Found:
    """The entry of a dictionary that a text fell under: its code, the phrase in the text, whether a team added it."""

    code: str | None
    phrase: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Phrases and the codes they stand for; the first entry with a phrase in the text wins.

    A code of None says that its phrases are known and mean nothing here ("assistant to the CEO" is no CEO).
    ``abbreviations`` are written out word by word before phrases are looked for. The first ``own`` entries are a team's.
    """

    abbreviations: Mapping[str, str]
    entries: Sequence[Entry]
    own: int = 0

    @classmethod
    def of(cls, abbreviations: Mapping[str, str], entries: Iterable[Sequence[Any]]) -> Dictionary:
        """A dictionary as the data files hold it: entries are pairs of a code and a list of phrases."""
        return cls(abbreviations, tuple((code, tuple(f" {phrase} " for phrase in phrases)) for code, phrases in entries))

    @property
    def codes(self) -> list[str]:
        """Every code, in the order of the entries."""
        return list(dict.fromkeys(code for code, _ in self.entries if code))

    def extended(self, phrases: Phrases, abbreviations: Mapping[str, str] | None = None) -> Dictionary:
        """With further entries, which go before those that are here; their phrases may be written as people write."""
        short = {**self.abbreviations, **_plain_abbreviations(abbreviations or {})}
        added = tuple((code, tuple(f" {_written_out(p, short)} " for p in found)) for code, found in phrases.items())
        return Dictionary(short, (*added, *self.entries), self.own + len(added))

    def find(self, text: str | None) -> Found | None:
        """The entry that a text falls under; None where no phrase is known."""
        framed = f" {_written_out(text or '', self.abbreviations)} "
        for place, (code, phrases) in enumerate(self.entries):
            for phrase in phrases:
                if phrase in framed:
                    return Found(code, phrase.strip(), place < self.own)
        return None

    def code(self, text: str | None) -> str | None:
        """The code that a text stands for; None where no phrase is known. Never a guess."""
        found = self.find(text)
        return found.code if found else None


@dataclass(frozen=True, slots=True)
class Sizes:
    """The bands of company sizes by the most employees of each, the words that say nothing around a number, and the segments."""

    bands: Sequence[tuple[int, str]]
    largest: str
    noise: re.Pattern[str]
    segments: Mapping[str, str]
    named: Dictionary = field(default_factory=lambda: Dictionary({}, ()))
    """Phrases that name a band without a number; a team's alone."""

    @property
    def codes(self) -> list[str]:
        return [*(code for _, code in self.bands), self.largest]


@dataclass(frozen=True, slots=True)
class Anybody:
    """What anybody may give, so that it says nothing about a company.

    ``domains`` are those that many strangers share, of free mail and of web pages; ``names`` what people type where a company's
    name is asked and they have none to give, in cleaned form.
    """

    domains: frozenset[str]
    names: frozenset[str]

    @property
    def digest(self) -> str:
        """A short text that others have who hold the same."""
        told = "\n".join((*sorted(self.domains), "", *sorted(self.names)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """Every word list that standardizing takes. :func:`shipped` are those of the package."""

    levels: Dictionary
    functions: Dictionary
    industries: Dictionary
    sizes: Sizes
    free_mail: frozenset[str]
    shared_pages: frozenset[str]
    junk_names: frozenset[str]

    @property
    def anybody(self) -> Anybody:
        """What says nothing about a company."""
        return Anybody(self.free_mail | self.shared_pages, self.junk_names)

    def extended(self, more: Additions) -> Dictionaries:
        """With what a team adds, which goes before what is here."""
        return Dictionaries(
            self.levels.extended(more.levels, more.abbreviations),
            self.functions.extended(more.functions, more.abbreviations),
            self.industries.extended(more.industries),
            _sizes(self.sizes, more),
            self.free_mail | frozenset(more.free_mail),
            self.shared_pages | frozenset(more.shared_pages),
            self.junk_names | frozenset(more.junk_names),
        )


@dataclass(frozen=True, slots=True)
class Additions:
    """What a team adds to the dictionaries, in the words of its mapping; ``segments`` are lists of bands."""

    levels: Phrases = field(default_factory=dict)
    functions: Phrases = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    industries: Phrases = field(default_factory=dict)
    company_sizes: Phrases = field(default_factory=dict)
    segments: Phrases = field(default_factory=dict)
    free_mail: Sequence[str] = ()
    shared_pages: Sequence[str] = ()
    junk_names: Sequence[str] = ()


@cache
def shipped() -> Dictionaries:
    """The dictionaries of the package."""
    titles, industries, sizes, shared = load("titles"), load("industries"), load("company_sizes"), load("shared_domains")
    return Dictionaries(
        Dictionary.of(titles["abbreviations"], titles["levels"]),
        Dictionary.of(titles["abbreviations"], titles["functions"]),
        Dictionary.of(industries["abbreviations"], industries["codes"]),
        Sizes(
            [(most, code) for most, code in sizes["bands"]],
            sizes["largest"],
            re.compile(rf"\b(?:{'|'.join(sizes['noise'])})\b\.?|~"),
            _by_band(sizes["segments"]),
        ),
        frozenset(shared["mail"]),
        frozenset(shared["pages"]),
        frozenset(load("junk_names")),
    )


def _written_out(text: str, abbreviations: Mapping[str, str]) -> str:
    return " ".join(abbreviations.get(word, word) for word in plain_words(text))


def _plain_abbreviations(given: Mapping[str, str]) -> dict[str, str]:
    return {" ".join(plain_words(short)): " ".join(plain_words(long)) for short, long in given.items()}


def _sizes(sizes: Sizes, more: Additions) -> Sizes:
    return replace(sizes, named=sizes.named.extended(more.company_sizes), segments={**sizes.segments, **_by_band(more.segments)})


def _by_band(segments: Phrases) -> dict[str, str]:
    return {band: segment for segment, bands in segments.items() for band in bands}
