"""Caps: findings that keep a verdict from rising above a limit, however high the score.

Each function of :data:`CAPS` is a word of the ``matching:`` block, takes the level of each comparison, and answers with the
reason where the cap applies, else None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from centri.dedupe.verdicts import Code

Levels = Mapping[str, str]


class Reason(NamedTuple):
    """Why a verdict is what it is: a code, and a sentence for people."""

    code: Code
    because: str


Cap = Callable[[Levels], Reason | None]

_ANYTHING_MORE: Mapping[str, tuple[str, ...]] = {"near": ("city", "country"), "same_short": ("city",)}
"""What must agree besides, where nothing identifies a company but a name of this level."""


def name_only(levels: Levels) -> Reason | None:
    """No domain, e-mail address or telephone number agrees, and the name is too weak to stand alone.

    The same company name of several words stands alone; a near one stands with the same city or country, a short one with the
    same city. A person's name never stands alone.
    """
    if any(levels.get(word) == "same" for word in ("domain", "email", "phone")) or _name_stands(levels):
        return None
    if levels.get("domain") == "shared":
        return Reason(Code.FREE_MAIL_NAME_ONLY, "only the name speaks for it; a free-mail address says nothing about a company")
    return Reason(Code.NAME_ONLY, "only the name speaks for it")


def _name_stands(levels: Levels) -> bool:
    level = levels.get("company_name", "")
    return level == "same" or any(levels.get(word) == "same" for word in _ANYTHING_MORE.get(level, ()))


def country_differs(levels: Levels) -> Reason | None:
    """The two are in different countries."""
    if levels.get("country") != "different":
        return None
    return Reason(Code.HOMONYM_OTHER_COUNTRY, "it is in another country")


def name_differs(levels: Levels) -> Reason | None:
    """The names are clearly different, though something else agrees: a shared mailbox, a subsidiary."""
    if "different" not in (levels.get("company_name"), levels.get("person_name")):
        return None
    return Reason(Code.NAME_DIFFERS, "its name is clearly different")


CAPS: Mapping[str, Cap] = {f.__name__: f for f in (name_only, country_differs, name_differs)}
