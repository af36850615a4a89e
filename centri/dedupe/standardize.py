"""Standard codes for what people write freely: title, job function, industry, company size. What is not known gives None."""

from __future__ import annotations

import re
from typing import Any

from centri.dedupe.dictionaries import Dictionaries, Sizes, shipped

_GROUPING = re.compile(r"(?<=\d)[.,' ](?=\d{3}(?!\d))")
_THOUSANDS = re.compile(r"(?<=\d)\s*k\b")
_SIZE = re.compile(r"(?P<sign>[<>]?)(?P<least>\d{1,9})(?:\.0)?(?:(?:-|\u2013|to|bis)(?P<most>\d{1,9}))?(?P<plus>\+?)")

LONGEST = 1000
"""Letters of a text that are looked at: no title, industry or number of employees takes more."""


def title_level(title: str | None, dictionaries: Dictionaries | None = None) -> str | None:
    """How high a title stands: OWNER, C_LEVEL, VP, DIRECTOR, MANAGER, STAFF, ENTRY, STUDENT.

    >>> title_level("VP, Info. Security")
    'VP'
    """
    return (dictionaries or shipped()).levels.code(title and title[:LONGEST])


def job_function(title: str | None, dictionaries: Dictionaries | None = None) -> str | None:
    """What a title's holder does: IT_SECURITY, MARKETING, PROCUREMENT, EXECUTIVE ...

    >>> job_function("VP, Info. Security")
    'IT_SECURITY'
    """
    return (dictionaries or shipped()).functions.code(title and title[:LONGEST])


def industry(text: str | None, dictionaries: Dictionaries | None = None) -> str | None:
    """The industry that a text names.

    >>> industry("Hospital/Health Care")
    'HEALTHCARE'
    """
    return (dictionaries or shipped()).industries.code(text and text[:LONGEST])


def company_size(employees: Any, dictionaries: Dictionaries | None = None) -> str | None:
    """The band that a number of employees lies in; None too for a range that lies in several.

    >>> company_size("1,001-5,000 emp"), company_size("3k"), company_size(7)
    ('1001-5000', '1001-5000', '1-10')
    """
    sizes = (dictionaries or shipped()).sizes
    if employees is None or isinstance(employees, bool):
        return None
    text = str(employees)[:LONGEST]
    return sizes.named.code(text) or _counted(_plain(text, sizes), sizes)


def segment(size: str | None, dictionaries: Dictionaries | None = None) -> str | None:
    """The segment that companies of a size belong to.

    >>> segment("51-200"), segment("1001-5000"), segment("10001+")
    ('SMB', 'MID', 'ENT')
    """
    return (dictionaries or shipped()).sizes.segments.get(size or "")


def _counted(text: str, sizes: Sizes) -> str | None:
    size = _SIZE.fullmatch(text)
    if size is None:
        return None
    least = int(size["least"])
    if size["sign"] == "<":
        most, smallest = sizes.bands[0]
        return smallest if 1 < least <= most + 1 else None
    if size["sign"] == ">" or size["plus"]:
        return sizes.largest if least >= sizes.bands[-1][0] else None
    bands = {_band(least, sizes), _band(int(size["most"] or least), sizes)}
    return bands.pop() if len(bands) == 1 else None


def _plain(text: str, sizes: Sizes) -> str:
    digits = _THOUSANDS.sub("000", _GROUPING.sub("", text.casefold()))
    return re.sub(r"\s+", "", sizes.noise.sub("", digits))


def _band(employees: int, sizes: Sizes) -> str | None:
    return next((code for most, code in sizes.bands if employees <= most), sizes.largest) if employees > 0 else None
