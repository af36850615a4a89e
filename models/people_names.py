"""Names of people by country, and the ways in which a name is written another time."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from anyascii import anyascii
from faker import Faker

from centri.dedupe.dictionaries import load

WORDS = json.loads(Path(__file__).with_name("people_words.json").read_text(encoding="utf-8"))
"""The words that companies, addresses and typing errors are made of."""

LOCALES = WORDS["locales"]
KEYS = WORDS["keys"]
Draw = random.Random


def given_name(draw: Draw, country: str) -> str:
    name = draw.choice(names(country)[0])
    return f"{name} {draw.choice(names(country)[0])}" if draw.random() < 0.04 else name


def family_name(draw: Draw, country: str) -> str:
    return draw.choice(names(country)[1])


def renamed(draw: Draw, given: str, family: str, *, light: bool = False) -> tuple[str, str]:
    """A name as it is written another time."""
    chance = draw.random()
    if light:
        return (_initial(given, draw), family) if chance < 0.5 else _mistyped(draw, given, family)
    if chance < 0.25:
        return _initial(given, draw), family
    if chance < 0.45:
        return _mistyped(draw, given, family)
    if chance < 0.55:
        return anyascii(given), anyascii(family)
    if chance < 0.67:
        other = family_name(draw, draw.choice(sorted(LOCALES)))
        return given, draw.choice((f"{family}-{other}", f"{family} {other}", f"{other} {family}"))
    if chance < 0.77:
        return family, given
    if chance < 0.85:
        middle = given_name(draw, draw.choice(sorted(LOCALES)))
        return f"{given} {draw.choice((middle, _initial(middle, draw)))}", family
    if chance < 0.97:
        return short_form(draw, given), family
    if chance < 0.985:
        return f"{draw.choice(('Dr.', 'Mr', 'Mrs', 'Prof.'))} {given}", family
    return given.upper(), family.upper()


def _mistyped(draw: Draw, given: str, family: str) -> tuple[str, str]:
    if draw.random() < 0.35:
        return slip(draw, given), family
    return given, slip(draw, slip(draw, family) if draw.random() < 0.15 else family)


def short_form(draw: Draw, given: str) -> str:
    """What a person is called for short: a name of the same class, or the beginning of the name."""
    named = _classmates(given)
    if named and draw.random() < 0.7:
        return draw.choice(named).capitalize()
    return given[: draw.choice((3, 3, 4, 5))]


def slip(draw: Draw, text: str) -> str:
    """The text with a typing error."""
    if len(text) < 3:
        return text
    at, kind = draw.randrange(1, len(text)), draw.randrange(5)
    letter = text[at]
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[: at - 1] + letter + text[at - 1] + text[at + 1 :]
    if kind == 2:
        return text[:at] + letter + text[at:]
    near = _neighbour(letter, draw)
    return text[:at] + near + text[at + (kind == 3) :]


def _neighbour(letter: str, draw: Draw) -> str:
    row = next((keys for keys in KEYS if letter.lower() in keys), None)
    if row is None or draw.random() < 0.3:
        return draw.choice("aeiourtnslcdmp")
    at = row.index(letter.lower())
    return row[at - 1] if at and draw.random() < 0.5 else row[min(at + 1, len(row) - 1)]


def _initial(given: str, draw: Draw) -> str:
    return given[:1] + draw.choice((".", ".", ""))


@lru_cache(maxsize=1)
def _classes() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for names in load("first_names")["classes"]:
        for name in names:
            found.setdefault(name, []).extend(names)
    return {name: tuple(dict.fromkeys(names)) for name, names in found.items()}


def _classmates(given: str) -> tuple[str, ...]:
    plain = anyascii(given).lower()
    return tuple(name for name in _classes().get(plain, ()) if name != plain)


def one_name(one: str, other: str) -> bool:
    a, b = anyascii(one).lower(), anyascii(other).lower()
    return a == b or a.startswith(b) or b.startswith(a) or b in _classes().get(a, ())


@cache
def names(country: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Given names and surnames of a country: a fixed draw, so that no two runs differ."""
    fake = _faker(country)
    given = tuple(dict.fromkeys(fake.first_name() for _ in range(700)))
    family = tuple(dict.fromkeys(fake.last_name() for _ in range(1200)))
    if country in ("RU", "GR"):
        return tuple(map(anyascii, given)), tuple(map(anyascii, family))
    return given, family


@cache
def cities(country: str) -> tuple[str, ...]:
    fake = _faker(country)
    return tuple(dict.fromkeys(fake.city() for _ in range(150)))


def _faker(country: str) -> Any:
    fake = Faker(LOCALES.get(country, "en_US"))
    fake.seed_instance(sum(map(ord, country)))
    return fake
