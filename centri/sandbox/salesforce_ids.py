"""Salesforce ids: fifteen case-sensitive characters, and a suffix of three that makes them safe in any case."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SUFFIXES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
INSTANCE = "5g0"


def suffix(id15: str) -> str:
    """The three characters that tell which of the fifteen are capitals: five bits each, the first character lowest."""
    return _letter(id15[:5]) + _letter(id15[5:10]) + _letter(id15[10:])


@lru_cache(maxsize=65536)
def _letter(five: str) -> str:
    return SUFFIXES[sum(c.isupper() << i for i, c in enumerate(five))]


def long_id(text: object) -> str | None:
    """An id of 15 or 18 characters as 18, or None for what is no id. A wrong suffix is no id."""
    if not isinstance(text, str) or not SHAPE.fullmatch(text):
        return None
    whole = text[:15] + suffix(text[:15])
    return whole if len(text) == 15 or text[15:].upper() == whole[15:] else None


class Ids:
    """Fresh ids by key prefix, rising, so that an org filled twice the same way has the same ids."""

    def __init__(self) -> None:
        self._counts: dict[str, count[int]] = {}

    def next(self, prefix: str) -> str:
        number = next(self._counts.setdefault(prefix, count(1)))
        digits = ""
        while number:
            number, digit = divmod(number, 62)
            digits = ALPHABET[digit] + digits
        id15 = prefix + INSTANCE + digits.rjust(9, "0")
        return id15 + suffix(id15)
