"""The evidence for a candidate in words: how far name, domain, country and city agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.dedupe.companies import wording
from centri.dedupe.companies.evidence import FEATURES

_AT = {name: at for at, name in enumerate(FEATURES)}

_NEAR_SLIPS, _NEAR_SHARE = 2.0, 0.125
_CLOSE, _SIMILAR = 0.85, 0.7
_SHORT = 8
"""A name of so few letters, or of one word, is one that many companies have."""


def levels(row: Any, *, shared: bool = False, one_word: bool = False) -> Mapping[str, str]:
    """The level of each comparison, as :mod:`centri.dedupe.comparisons` names them, of one row of evidence.

    ``shared`` says that the lead has only an address that strangers share, ``one_word`` that its company is one word.
    """
    told = {"company_name": _name(row, one_word=one_word), "domain": _domain(row[_AT["domain"]], shared=shared)}
    told["country"] = _agreement(row[_AT["country"]])
    told["city"] = _agreement(row[_AT["city"]])
    told["acronym"] = "same" if row[_AT["acronym"]] else "missing"
    return told


def _name(row: Any, *, one_word: bool) -> str:
    if not row[_AT["named"]]:
        return "missing"
    slips, share = row[_AT["slips"]], row[_AT["slip_share"]]
    short = one_word or row[_AT["letters"]] <= _SHORT
    if slips == 0:
        return "same_short" if short else "same"
    if slips <= _NEAR_SLIPS and share <= _NEAR_SHARE and not short:
        return "near"
    alike = max(row[_AT["name_sorted"]], min(row[_AT["lead_words"]], row[_AT["account_words"]]))
    return "close" if alike >= _CLOSE else "similar" if alike >= _SIMILAR else "different"


def _domain(relation: float, *, shared: bool) -> str:
    if relation >= wording.OTHER_HOST:
        return "same"
    if relation >= wording.SAME_LABEL:
        return "label"
    if abs(relation - wording.UNKNOWN) < 1e-6:  # a float of 32 bits
        return "shared" if shared else "missing"
    return "different"


def _agreement(value: float) -> str:
    return "same" if value > 0 else "different" if value < 0 else "missing"
