"""The ``standardize:`` block: what a team adds to the dictionaries that raw values are standardized by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field, Strict, WithJsonSchema

from centri import values
from centri.dedupe.dictionaries import Additions, plain_words, shipped
from centri.mappings.words import Model, near

_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_NEARLY = 0.9
"""A new code that is this much like a known one is a typing error."""


def _phrase(text: str) -> str:
    if not plain_words(text):
        raise ValueError(f"{text!r} holds no word to look for")
    return text


def _abbreviation(text: str) -> str:
    if len(plain_words(text)) != 1:
        raise ValueError(f"the abbreviation {text!r} must be one word")
    return text


def _domain(text: str) -> str:
    found = values.domain(text)
    if found is None or found != text.strip().lower():
        raise ValueError(f"{text!r} is not a domain; write it like {found or 'gmail.com'}")
    return found


def _junk(text: str) -> str:
    """As company names are compared."""
    return values.company_name(_phrase(text))


def _one_of(known: Iterable[str], kind: str) -> AfterValidator:
    """A word of a closed set."""
    words = tuple(known)

    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"no {kind} is called {word!r}{near(word, words)}")
        return word

    return AfterValidator(check)


def _code(known: Iterable[str], kind: str) -> AfterValidator:
    """A code that is known, or a new one that is not mistaken for it."""
    words = tuple(known)

    def check(word: str) -> str:
        if word in words:
            return word
        if not _CODE.fullmatch(word) or get_close_matches(word, words, 1, _NEARLY):
            raise ValueError(f"no {kind} is called {word!r}{near(word, words)} (a new one is written in capitals)")
        return word

    return AfterValidator(check)


def _closed(words: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"enum": list(words)})


_LEVELS, _FUNCTIONS, _INDUSTRIES = shipped().levels.codes, shipped().functions.codes, shipped().industries.codes
_BANDS = shipped().sizes.codes
_SEGMENTS = tuple(dict.fromkeys(shipped().sizes.segments.values()))

_Text = Annotated[str, Strict()]
_Phrases = Annotated[list[Annotated[_Text, AfterValidator(_phrase)]], Field(min_length=1)]
_Level = Annotated[_Text, _one_of(_LEVELS, "title level"), _closed(_LEVELS)]
_Function = Annotated[_Text, _code(_FUNCTIONS, "job function")]
_Industry = Annotated[_Text, _code(_INDUSTRIES, "industry")]
_Band = Annotated[_Text, _one_of(_BANDS, "company size"), _closed(_BANDS)]
_Segment = Annotated[_Text, _one_of(_SEGMENTS, "segment"), _closed(_SEGMENTS)]
_Domain = Annotated[_Text, AfterValidator(_domain)]


class Titles(Model):
    """What is added to the dictionary of titles."""

    levels: Mapping[_Level, _Phrases] = Field(
        default_factory=dict, description=f"Phrases for a title level: {', '.join(_LEVELS)}."
    )
    functions: Mapping[_Function, _Phrases] = Field(
        default_factory=dict, description=f"Phrases for a job function, a new one or one of {', '.join(_FUNCTIONS)}."
    )
    abbreviations: Mapping[Annotated[_Text, AfterValidator(_abbreviation)], Annotated[_Text, AfterValidator(_phrase)]] = Field(
        default_factory=dict, description="Words that are written out before phrases are looked for, such as mgr: manager."
    )


class Standardize(Model):
    """What a team adds to the dictionaries; its entries go before those of the package."""

    titles: Titles = Field(
        default=Titles(), description="What titles say: levels, functions, abbreviations.", json_schema_extra={"default": {}}
    )
    industries: Mapping[_Industry, _Phrases] = Field(
        default_factory=dict, description=f"Phrases for an industry, a new one or one of {', '.join(_INDUSTRIES)}."
    )
    company_sizes: Mapping[_Band, _Phrases] = Field(
        default_factory=dict, description=f"Phrases for a company size that gives no number: {', '.join(_BANDS)}."
    )
    segments: Mapping[_Segment, list[_Band]] = Field(
        default_factory=dict, description=f"Company sizes that belong to another segment than usual: {', '.join(_SEGMENTS)}."
    )
    free_mail: list[_Domain] = Field(default_factory=list, description="Further domains of free mail.")
    shared_pages: list[_Domain] = Field(default_factory=list, description="Further domains under which many have a page.")
    junk_names: list[Annotated[_Text, AfterValidator(_junk)]] = Field(
        default_factory=list, description="Further texts that stand where no company is named."
    )

    @property
    def additions(self) -> Additions:
        t = self.titles
        return Additions(
            t.levels, t.functions, t.abbreviations, self.industries, self.company_sizes, self.segments,
            self.free_mail, self.shared_pages, self.junk_names,
        )  # fmt: skip
