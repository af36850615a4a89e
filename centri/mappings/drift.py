"""Two descriptions of one CRM object, then and now: what its administrator changed, by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from centri.descriptions import Field

ALIKE = 75.0
"""From how similar a name or a label on, of 100, a new field of the same type counts as the one that is gone, renamed."""


RIGHTS = ("readable", "createable", "updateable")


class Change(StrEnum):
    """A class of schema drift."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    NARROWED = "narrowed"
    """A shorter text."""
    RETYPED = "retyped"
    CHOICE_ADDED = "choice added"
    CHOICE_REMOVED = "choice removed"
    REQUIRED = "became required"
    CLOSED = "permission lost"


@dataclass(frozen=True, slots=True)
class Drift:
    """One change of one field, by the name it had; ``detail`` says what it is now: its new name, its length, the choices."""

    change: Change
    field: str
    detail: str = ""


def compare(before: Mapping[str, Field], now: Mapping[str, Field]) -> tuple[Drift, ...]:
    """Every change from one description to the other. A wider text, a lost requirement, a new label are none."""
    renames = renamed(before, now)
    gone = [name for name in before if name not in now]
    new = [name for name in now if name not in before and name not in renames.values()]
    return (
        *(Drift(Change.RENAMED, n, renames[n]) if n in renames else Drift(Change.REMOVED, n) for n in gone),
        *(Drift(Change.ADDED, n) for n in new),
        *(drift for name in before if name in now for drift in _changed(name, before[name], now[name])),
    )


def renamed(before: Mapping[str, Field], now: Mapping[str, Field]) -> dict[str, str]:
    """Old name -> new name: a field that is gone and a new one of the same type that is called alike, the likest first."""
    gone = [name for name in before if name not in now]
    new = [name for name in now if name not in before]
    pairs = [(_alike(o, before[o], n, now[n]), o, n) for o in gone for n in new if before[o].type == now[n].type]
    found: dict[str, str] = {}
    for score, old, name in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if score >= ALIKE and old not in found and name not in found.values():
            found[old] = name
    return found


def _alike(old: str, before: Field, new: str, now: Field) -> float:
    by_name = fuzz.ratio(_stem(old), _stem(new))
    return max(by_name, fuzz.ratio(before.label.lower(), now.label.lower())) if before.label and now.label else by_name


def _stem(name: str) -> str:
    """A name without the ending that both CRMs give to custom fields."""
    return name.lower().removesuffix("_c").removesuffix("_").replace("_", "")


def _changed(name: str, before: Field, now: Field) -> Iterator[Drift]:
    if before.type != now.type:
        yield Drift(Change.RETYPED, name, f"{now.type}, was {before.type}")
    elif shorter(before, now):
        yield Drift(Change.NARROWED, name, f"{now.length} characters, was {before.length or 'any number'}")
    if more := [c for c in now.choices if c not in before.choices]:
        yield Drift(Change.CHOICE_ADDED, name, ", ".join(more))
    if lost := [c for c in before.choices if c not in now.choices and now.choices]:
        yield Drift(Change.CHOICE_REMOVED, name, ", ".join(lost))
    if now.required and not before.required:
        yield Drift(Change.REQUIRED, name)
    if closed := [right for right in RIGHTS if getattr(before, right) and not getattr(now, right)]:
        yield Drift(Change.CLOSED, name, ", ".join(closed))


def shorter(before: Field, now: Field) -> bool:
    """Whether a field takes shorter texts than it did; a length of 0 is none."""
    return now.length > 0 and (before.length == 0 or now.length < before.length)
