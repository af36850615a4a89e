"""A walk through questions that a person answers with one key each: where one stands, and what a key means there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a person says of a lead's company."""

    THIS = "this"
    """It is this account."""
    ALWAYS = "always"
    """It is this account, and so is whoever gives this name."""
    NONE = "none"
    """It is none of those shown."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; ``place`` is that of the candidate that was meant, from 0."""

    kind: Kind
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """Where one stands: question ``at`` of ``total``, and how many were answered and left for later. ``left`` it is, or over."""

    total: int
    at: int = 0
    answered: int = 0
    skipped: int = 0
    quit: bool = False

    @property
    def over(self) -> bool:
        return self.quit or self.at >= self.total

    @property
    def open(self) -> int:
        """How many questions remain."""
        return self.total - self.answered


KEYS = {
    "y": "it is this one",
    "n": "it is none of these",
    "1-9": "it is that one",
    "a": "this name is always this one",
    "s": "later",
    "q": "enough",
}
"""The keys, as they are told."""

_INTERRUPTS = ("\x03", "\x04", "\x1b")


def step(walk: Walk, key: str, candidates: int) -> tuple[Walk, Said | None]:
    """Where a key leads, and the answer that it gives, if any. A key that means nothing there leaves all as it was."""
    if walk.over:
        return walk, None
    if key in _INTERRUPTS or key.casefold() == "q":
        return replace(walk, quit=True), None
    if key.casefold() == "s":
        return replace(walk, at=walk.at + 1, skipped=walk.skipped + 1), None
    if (said := _said(key.casefold(), candidates)) is None:
        return walk, None
    return replace(walk, at=walk.at + 1, answered=walk.answered + 1), said


def _said(key: str, candidates: int) -> Said | None:
    if key == "n":
        return Said(Kind.NONE)
    if key in ("y", "a") and candidates:
        return Said(Kind.THIS if key == "y" else Kind.ALWAYS, 0)
    if key in "123456789" and len(key) == 1 and int(key) <= candidates:
        return Said(Kind.THIS, int(key) - 1)
    return None
