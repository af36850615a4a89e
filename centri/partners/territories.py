"""Territories: parts of the market, by geography, industry, company size or segment, in a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from centri.partners.conditions import When
from centri.partners.facts import LeadFacts
from centri.partners.lead_words import TERRITORY, look_at


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of the market. A child lies in its parent: the parent's conditions bind it too.

    A parent without conditions is what its children are together.
    """

    code: str
    parent: str | None = None
    name: str = ""
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Found:
    """A territory that a lead lies in, and the factors that decided it, each as fact and value."""

    code: str
    factors: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.code}: {', '.join(f'{fact} is {seen}' for fact, seen in self.factors)}"

    def as_json(self) -> dict[str, Any]:
        return {"territory": self.code, "factors": dict(self.factors)}


def found(territories: Mapping[str, Territory], lead: LeadFacts) -> tuple[Found, ...]:
    """Every territory that the lead lies in: the deepest first, else in the order of the file. No parent encloses itself."""
    look = look_at(lead)
    own = {code: t.when.met_by(look, lead.at) for code, t in territories.items() if t.when.blocks}
    chains = {code: tuple(_upwards(territories, code)) for code in territories}
    met = {code: [own[c] for c in chains[code] if c in own] for code in territories}
    inside = {code: _factors(parts) for code, parts in met.items() if code in own and all(parts)}
    for code in [code for code in territories if code in inside]:
        for above in chains[code][1:]:
            inside.setdefault(above, ((TERRITORY, code),))
    order = {code: i for i, code in enumerate(territories)}
    deepest = sorted(inside, key=lambda code: (-len(chains[code]), order[code]))
    return tuple(Found(code, inside[code]) for code in deepest)


def _factors(parts: list[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    """Of the territory itself first, then of those around it, each once."""
    return tuple(dict.fromkeys(factor for part in parts for factor in part))


def _upwards(territories: Mapping[str, Territory], code: str | None) -> Iterator[str]:
    while code is not None and code in territories:
        yield code
        code = territories[code].parent
