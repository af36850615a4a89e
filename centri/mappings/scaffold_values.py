"""Value maps for a starting mapping: each value of a CRM's picklist and the PRM's choice that is most like it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from centri.mappings.standard import StandardField

SURE = 85
LIKELY = 55


@dataclass(frozen=True, slots=True)
class Meant:
    """What a CRM's value means: a PRM choice, or None where it says nothing. ``score`` (0 to 1) of the likeness."""

    crm: str
    prm: str | None
    score: float
    sure: bool


def value_map(choices: Sequence[str], values: Sequence[str], standard: StandardField, crm: str) -> list[Meant]:
    """A meaning for every value of a CRM field: as known, else the likest choice, else the one for all others."""
    known = {_words(value): prm for prm, told in standard.values.items() for value in _told(told, crm)}
    return [_meant(value, choices, known, standard.otherwise) for value in values]


def invertible(found: Sequence[Meant]) -> bool:
    """Whether no two CRM values mean the same."""
    meant = [one.prm for one in found if one.prm is not None]
    return len(meant) == len(set(meant))


def slug(value: str) -> str:
    """What the PRM calls a value that it has no choices of its own for: the words of the CRM's in small letters."""
    return _words(value).replace(" ", "_")


def _meant(value: str, choices: Sequence[str], known: Mapping[str, str], otherwise: str | None) -> Meant:
    words = _words(value)
    if words in known:
        return Meant(value, known[words] or None, 1.0, sure=True)
    written = {_words(choice): choice for choice in choices}
    if words in written:
        return Meant(value, written[words], 1.0, sure=True)
    telling = {**written, **{name: prm for name, prm in known.items() if prm}}
    best = process.extractOne(words, telling.keys(), scorer=fuzz.token_sort_ratio)
    score = round(best[1] / 100, 2) if best else 0.0
    if best and best[1] >= LIKELY:
        return Meant(value, telling[best[0]], score, sure=best[1] >= SURE)
    return Meant(value, otherwise, score, sure=False)


def _told(told: Sequence[str], crm: str) -> list[str]:
    """The values known for this CRM field: ``Field=value`` names one of that field alone."""
    own = [value.removeprefix(f"{crm}=") for value in told if value.startswith(f"{crm}=")]
    return own or [value for value in told if "=" not in value]


def _words(value: str) -> str:
    return " ".join(re.findall(r"\w+", value.replace("_", " ").casefold()))
