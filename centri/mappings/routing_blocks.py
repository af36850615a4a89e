"""Reads the blocks ``routing:``, ``pools:``, ``territories:`` and ``business_cases:``, which refer to each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from centri.dedupe.dictionaries import Dictionaries
from centri.mappings.pooling import CaseBlock, PoolBlock, TerritoryBlock
from centri.mappings.routing import RuleBlock, RuleSetBlock
from centri.mappings.source import Place, Source
from centri.mappings.when import RoutingNames
from centri.mappings.words import near
from centri.partners.cases import BUILT_IN, BusinessCase
from centri.partners.lead_words import BUSINESS_CASE, TERRITORY
from centri.partners.pools import Pool
from centri.partners.routing import Routing, RuleSet
from centri.partners.territories import Territory

Parse = Callable[..., Any]
"""A block of the file as its model: (model, data, place, names) -> the block, or None where it has faults, which are told."""

RULES = "rules"
"""The name of the only rule set, where ``routing`` is just a list of rules."""


def routing_of(
    top: Mapping[str, Any], source: Source, parse: Parse, dictionaries: Dictionaries, lead_fields: Collection[str] | None
) -> Routing:
    """What the file says of routing. Every fault is left in ``source``."""
    return _Reader(top, source, parse, dictionaries, lead_fields).routing()


class _Reader:
    def __init__(
        self,
        top: Mapping[str, Any],
        source: Source,
        parse: Parse,
        dictionaries: Dictionaries,
        lead_fields: Collection[str] | None,
    ) -> None:
        self.top, self.source, self.parse = top, source, parse
        codes = {
            "industry": dictionaries.industries.codes,
            "company_size": dictionaries.sizes.codes,
            "title_level": dictionaries.levels.codes,
            "job_function": dictionaries.functions.codes,
            TERRITORY: list(self._block("territories")),
            BUSINESS_CASE: list(self._block("business_cases")) or [case.name for case in BUILT_IN],
        }
        self.names = RoutingNames(lead_fields, list(self._block("pools")), codes)

    def routing(self) -> Routing:
        territories = dict(self._territories())
        cases = tuple(self._cases()) or BUILT_IN
        pools = dict(self._pools())
        self._no_circles(territories)
        return Routing(tuple(self._rule_sets()), pools, territories, cases)

    def _territories(self) -> Iterator[tuple[str, Territory]]:
        names = replace(self.names, barred=(TERRITORY, BUSINESS_CASE))
        parents = {raw.get("parent") for raw in self._block("territories").values() if isinstance(raw, Mapping)}
        for code, raw in self._block("territories").items():
            place = ("territories", code)
            found = self.parse(TerritoryBlock, {**raw, "$code": code} if isinstance(raw, Mapping) else raw or {}, place, names)
            if found is None:
                continue
            known = self.names.codes[TERRITORY]
            if found.parent is not None and found.parent not in known:
                told = f"no territory is called {found.parent!r}{near(found.parent, known)}"
                self.source.complain((*place, "parent"), told)
            if not found.when.blocks and code not in parents:
                self.source.complain(place, f"{code!r} has neither conditions ('when') nor territories in it", key=True)
            yield code, found.territory

    def _no_circles(self, territories: Mapping[str, Territory]) -> None:
        for code in territories:
            seen: set[str] = set()
            above = territories[code].parent
            while above is not None and above in territories and above not in seen:
                seen.add(above)
                above = territories[above].parent
            if code in seen:
                self.source.complain(("territories", code, "parent"), f"{code!r} encloses itself; leave out one of the parents")
                return

    def _cases(self) -> Iterator[BusinessCase]:
        names = replace(self.names, barred=(BUSINESS_CASE,))
        for name, raw in self._block("business_cases").items():
            data = {"$name": name} if raw is None else {"$name": name, "$when": raw}
            if found := self.parse(CaseBlock, data, ("business_cases", name), names):
                yield found.case

    def _pools(self) -> Iterator[tuple[str, Pool]]:
        for code, raw in self._block("pools").items():
            data = {**raw, "$code": code} if isinstance(raw, Mapping) else {"$code": code} if raw is None else raw
            if found := self.parse(PoolBlock, data, ("pools", code), self.names):
                yield code, found.pool

    def _rule_sets(self) -> Iterator[RuleSet]:
        """A list of rules is the one set for all leads."""
        given = self.top.get("routing")
        if isinstance(given, list):
            place: Place = ("routing",)
            rules = [self.parse(RuleBlock, raw, (*place, i), self.names) for i, raw in enumerate(given)]
            if not given:
                self.source.complain(place, "'routing' is empty")
            if all(rules):
                yield self._checked(RuleSetBlock.model_construct(rules=rules), RULES, place)
            return
        for name, raw in self._block("routing").items():
            place = ("routing", name)
            if found := self.parse(RuleSetBlock, raw, place, self.names):
                yield self._checked(found, name, (*place, "rules"))

    def _checked(self, block: RuleSetBlock, name: str, place: Place) -> RuleSet:
        """Names are unique, and nothing stands behind what is for all other leads."""
        found = block.rule_set(name)
        first: dict[str, int] = {}
        for i, rule in enumerate(found.rules):
            line = self.source.line((*place, first.setdefault(rule.name, i)))
            if first[rule.name] != i:
                self.source.complain((*place, i), f"a rule called {rule.name!r} is already on line {line}")
        for i, written in enumerate(block.rules[:-1]):
            if written.otherwise:
                self.source.complain((*place, i), "'else' is for all other leads, so it comes last")
        return found

    def _block(self, name: str) -> Mapping[str, Any]:
        """What stands under a key; a fault is told once."""
        found = self.top.get(name)
        if found is None or isinstance(found, Mapping):
            return found or {}
        if not (name == "routing" and isinstance(found, list)):
            told = f"{name!r} must be {'a list of rules or ' if name == 'routing' else ''}a block of keys"
            self.source.complain((name,), told)
        return {}
