"""What was edited between two versions of a mapping file: the words that came, went and changed, comments and order aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from centri.mappings.lookups import read_lookup
from centri.mappings.source import Source, plain


@dataclass(frozen=True, slots=True)
class Edit:
    """One place in the file, dotted, and what stood there; None where nothing did."""

    place: str
    old: Any
    new: Any


def edits(base: Source, head: Source) -> list[Edit]:
    """In the order of the head's file; what is gone stands at the end of its block."""
    return list(_between((), _content(base), _content(head)))


def _content(source: Source) -> Any:
    """The file's data, with what stands in its tables."""
    data = plain(source.data)
    choices = data.get("choices") if isinstance(data, Mapping) else None
    if not isinstance(choices, Mapping):
        return data
    return {**data, "choices": {name: read_lookup(block, ("choices", name), source) for name, block in choices.items()}}


def _between(place: tuple[str, ...], old: Any, new: Any) -> Iterator[Edit]:
    short = place[-2:-1] == ("fields",) or place[-1:] == ("key",)
    if short and isinstance(old, Mapping) is not isinstance(new, Mapping):
        old, new = ({"crm": side} if isinstance(side, str) else side for side in (old, new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*new, *old]):
            yield from _between((*place, str(name)), old.get(name), new.get(name))
    elif old != new or type(old) is not type(new):
        yield Edit(".".join(place), old, new)
