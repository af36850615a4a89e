"""Standard codes for what people write freely: title, job function, industry, company size. What is not known gives None."""

from __future__ import annotations

import re
from typing import Any

from centri.dedupe.dictionaries import Dictionary, load

_titles, _industries, _sizes = load("titles"), load("industries"), load("company_sizes")
_LEVELS = Dictionary.of(_titles["abbreviations"], _titles["levels"])
_FUNCTIONS = Dictionary.of(_titles["abbreviations"], _titles["functions"])
_INDUSTRIES = Dictionary.of(_industries["abbreviations"], _industries["codes"])

_BANDS: list[tuple[int, str]] = [(most, code) for most, code in _sizes["bands"]]
_LARGEST: str = _sizes["largest"]
_NOISE = re.compile(rf"\b(?:{'|'.join(_sizes['noise'])})\b\.?|~")
_GROUPING = re.compile(r"(?<=\d)[.,' ](?=\d{3}(?!\d))")
_THOUSANDS = re.compile(r"(?<=\d)\s*k\b")
_SIZE = re.compile(r"(?P<sign>[<>]?)(?P<least>\d{1,9})(?:\.0)?(?:(?:-|\u2013|to|bis)(?P<most>\d{1,9}))?(?P<plus>\+?)")


def title_level(title: str | None) -> str | None:
    """How high a title stands: OWNER, C_LEVEL, VP, DIRECTOR, MANAGER, STAFF, ENTRY, STUDENT.

    >>> title_level("VP, Info. Security")
    'VP'
    """
    return _LEVELS.code(title)


def job_function(title: str | None) -> str | None:
    """What a title's holder does: IT_SECURITY, MARKETING, PROCUREMENT, EXECUTIVE ...

    >>> job_function("VP, Info. Security")
    'IT_SECURITY'
    """
    return _FUNCTIONS.code(title)


def industry(text: str | None) -> str | None:
    """The industry that a text names.

    >>> industry("Hospital/Health Care")
    'HEALTHCARE'
    """
    return _INDUSTRIES.code(text)


def company_size(employees: Any) -> str | None:
    """The band that a number of employees lies in; None too for a range that lies in several.

    >>> company_size("1,001-5,000 emp"), company_size("3k"), company_size(7)
    ('1001-5000', '1001-5000', '1-10')
    """
    size = None if employees is None or isinstance(employees, bool) else _SIZE.fullmatch(_plain(str(employees)))
    if size is None:
        return None
    least = int(size["least"])
    if size["sign"] == "<":
        return _BANDS[0][1] if 1 < least <= _BANDS[0][0] + 1 else None
    if size["sign"] == ">" or size["plus"]:
        return _LARGEST if least >= _BANDS[-1][0] else None
    bands = {_band(least), _band(int(size["most"] or least))}
    return bands.pop() if len(bands) == 1 else None


def _plain(text: str) -> str:
    digits = _THOUSANDS.sub("000", _GROUPING.sub("", text.casefold()))
    return re.sub(r"\s+", "", _NOISE.sub("", digits))


def _band(employees: int) -> str | None:
    return next((code for most, code in _BANDS if employees <= most), _LARGEST) if employees > 0 else None
