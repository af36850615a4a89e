"""Other people's data made nobody's: the same input gives the same mask everywhere, and without the key none is undone."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import phonenumbers
from anyascii import anyascii

from centri import values
from centri.dedupe.identity import ANYBODY
from centri.mappings.personal import Kind

_CONSONANTS, _VOWELS = "bcdfghjklmnprstvz", "aeiou"
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"((?:https?://)?)([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]+")
_EXTENSION = ("x", "ext", "extension")
_SYLLABLES = 3
_SUBSCRIBER = 6
"""Digits at the end of a phone number that are masked; country and area before them decide what number it is."""
_TRIES = 50
_BIRTH_SHIFT = 1000
"""Days by which a birth date moves at most, to either side."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Masks by kind. ``companies`` says that names and domains of companies are masked too.

    What a field holds keeps its shape: case, punctuation, country and area of a phone number, the domain of an e-mail address.
    """

    key: bytes = field(repr=False)
    companies: bool = False

    def value(self, kind: Kind, value: Any) -> Any:
        """A field's value; lists and dicts are masked inside. What is blank, true or false stays."""
        if isinstance(value, Mapping):
            return {name: self.value(kind, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(kind, inner) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and kind not in (Kind.PLAIN, Kind.COMPANY):
            return int(self.text(str(value))) if isinstance(value, int) else 0.0  # where somebody lives, on the globe
        return _MASKS[kind](self, value) if isinstance(value, str) and value.strip() else value

    def name(self, text: str) -> str:
        """Word by word, so that a full name, its parts and an e-mail address made of them still agree."""
        return _WORD.sub(lambda word: self._word(word[0]), text)

    def company(self, text: str) -> str:
        """As a name, but for the legal form."""
        core = set(values.company_name(text).split()) if self.companies else set()
        return _WORD.sub(lambda word: self._word(word[0]) if core & set(_plain(word[0])) else word[0], text)

    def website(self, text: str) -> str:
        """The host stays, unless companies are masked; what follows it may be somebody's own page."""
        scheme, host, page = _ADDRESS.fullmatch(text).groups()  # type: ignore[union-attr]  # it takes every text
        return f"{scheme}{self._host(host) if self.companies else host}{self.text(page)}"

    def email(self, text: str) -> str:
        local, at, domain = text.rpartition("@")
        return f"{self.name(local)}@{self.website(domain) if self.companies else domain}" if at else self.text(text)

    def phone(self, text: str) -> str:
        """The last digits change, as often as it takes to get a number that is as valid as the one that was; words are masked."""
        if sum(c.isdigit() for c in text) < _SUBSCRIBER:
            return self.text(text)
        text = _LETTERS.sub(lambda word: word[0] if word[0].lower() in _EXTENSION else self.text(word[0]), text)
        number = _number(text)
        for attempt in range(_TRIES):
            masked = self._subscriber(text, attempt)
            if number is None or _as_valid(masked, number):
                return masked
        return self._subscriber(text, 0)

    def birth(self, text: str) -> str:
        try:
            shift = timedelta(days=next(self._digits(f"birth:{text[:10]}", 2 * _BIRTH_SHIFT)) - _BIRTH_SHIFT)
            return str(date.fromisoformat(text[:10]) + shift) + text[10:]
        except (ValueError, OverflowError):
            return self.text(text)

    def text(self, text: str) -> str:
        """Letters for letters and digits for digits, by the whole text, so that no word is recognised by how often it occurs."""
        fresh = self._digits(f"text:{text}", 26 * 10)
        return "".join(_like(character, next(fresh)) if character.isalnum() else character for character in text)

    def _host(self, host: str) -> str:
        registered = values.domain(host)
        if registered is None or registered in ANYBODY.domains:
            return host if registered else self.name(host)
        label, _, suffix = registered.partition(".")
        return f"{'www.' if host.lower().startswith('www.') else ''}{self.name(label)}.{suffix}"

    def _word(self, word: str) -> str:
        """A word that can be spoken, in the case of the given one; a letter for a letter, digits for digits."""
        if word.isdigit():
            return self.text(word)
        plain = anyascii(word).lower()
        numbers = self._digits(f"word:{plain}", len(_CONSONANTS) * len(_VOWELS))
        spoken = "".join(_CONSONANTS[n % 17] + _VOWELS[n // 17] for n, _ in zip(numbers, range(_SYLLABLES), strict=False))
        spoken = spoken[:1] if len(word) == 1 else spoken
        return spoken.upper() if word.isupper() else spoken.capitalize() if word[0].isupper() else spoken

    def _subscriber(self, text: str, attempt: int) -> str:
        """By the last digits alone, so that two spellings of a number, with and without its country, get the same."""
        digits = re.sub(r"\D", "", text)
        fresh = self._digits(f"phone:{digits[-_SUBSCRIBER - 2 :]}:{attempt}", 10)
        coming = iter([*digits[:-_SUBSCRIBER], *(str(next(fresh)) for _ in range(_SUBSCRIBER))])
        return re.sub(r"\d", lambda _: next(coming), text)

    def _digits(self, said: str, base: int) -> Iterator[int]:
        """Numbers below ``base`` without end, by the key and what is said."""
        block = 0
        while True:
            digest = hmac.new(self.key, f"{block}:{said}".encode(), hashlib.sha256).digest()
            yield from (int.from_bytes(digest[at : at + 4], "big") % base for at in range(0, 32, 4))
            block += 1


_MASKS: Mapping[Kind, Callable[[Mask, str], str]] = {
    Kind.PLAIN: lambda _, text: text,
    Kind.COMPANY: lambda mask, text: mask.company(text) if mask.companies else text,
    Kind.WEBSITE: Mask.website,
    Kind.NAME: Mask.name,
    Kind.EMAIL: Mask.email,
    Kind.PHONE: Mask.phone,
    Kind.BIRTH: Mask.birth,
    Kind.TEXT: Mask.text,
}


def _plain(word: str) -> list[str]:
    return values.company_name(word).split()


def _number(text: str) -> phonenumbers.PhoneNumber | None:
    """The number that a text with a country code is."""
    try:
        return phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None


def _as_valid(masked: str, number: phonenumbers.PhoneNumber) -> bool:
    found = _number(masked)
    return found is not None and phonenumbers.is_valid_number(found) >= phonenumbers.is_valid_number(number)


def _like(character: str, number: int) -> str:
    if character.isdigit():
        return str(number % 10)
    letter = chr(ord("a") + number % 26)
    return letter.upper() if character.isupper() else letter
