"""The fields that a starting mapping matches: the PRM's, and a CRM's as it describes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrmField:
    """One field of a PRM entity. ``kind`` is text, boolean, integer, number, money, date, datetime, choice, list or reference."""

    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    to: str = ""
    """The entity that it names."""
    required: bool = False
    derived: bool = False
    """It lives with another row: read, never written."""
