"""Values flow along the rules from where people wrote them: what is there otherwise nobody wrote, what is not there was lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from facts import Facts, Link, Value, known, tidied, tried
from history import History
from ledger import PRM, Edit, Node

from centri.mappings.rules import FieldRule
from centri.records import MISSING
from centri.sync.merge import Direction
from centri.sync.references import References

ENGINE_OWNED = {("lead", "state"), ("lead", "distribution_status")}
"""Fields that the engine itself writes: they must agree, but their values come from its rules."""


class Flow:
    """Follows what people wrote along every rule that ever tied two fields to each other."""

    def __init__(self, history: History) -> None:
        self.history, self.scene = history, history.scene

    def judges(self, facts: Facts, excused: set[Node]) -> None:
        self._nobody_else_wrote(facts, self._flow(self._all_edits()))
        self._no_edit_is_lost(facts, excused)

    def _all_edits(self) -> dict[Node, dict[Value, Any]]:
        found: dict[Node, dict[Value, Any]] = defaultdict(dict)
        for edit in self.scene.ledger.edits:
            found[edit.node][known(edit.value)] = edit.value
        return found

    def _flow(self, seeds: dict[Node, dict[Value, Any]]) -> dict[Node, dict[Value, Any]]:
        """Which values each field may hold: what people wrote there, and what the rules bring from where people wrote."""
        allowed = defaultdict(dict, {n: dict(v) for n, v in seeds.items()})
        moved = True
        while moved:
            moved = False
            for (crm, row), (link, rule) in self.history.ever.items():
                if not rule.references:
                    moved |= self._add(allowed[row], [inward(rule, v) for v in list(allowed[crm].values())])
                    moved |= self._add(allowed[crm], [self._outward(link, rule, v) for v in list(allowed[row].values())])
        return allowed

    def _outward(self, link: Link, rule: FieldRule, value: Any) -> Any:
        """What the CRM makes of a PRM value."""
        told = tried(lambda: rule.outward({rule.prm: value}, References()))
        return told if told is MISSING else tidied(self.scene, link["connection"], link["object"], told).get(rule.crm)

    def _add(self, held: dict[Value, Any], values: Iterable[Any]) -> bool:
        fresh = {known(v): v for v in values if v is not MISSING and known(v) not in held}
        held.update(fresh)
        return bool(fresh)

    def _holds(self, facts: Facts, node: Node) -> Any:
        if node.system == PRM:
            return facts.prm[PRM, node.object, node.id].get(node.field)
        return self.scene.crms[node.system].objects[node.object][node.id].values.get(node.field)

    def _nobody_else_wrote(self, facts: Facts, allowed: Mapping[Node, Mapping[Value, Any]]) -> None:
        for pair, (link, rule) in self.history.ever.items():
            if rule.references or rule.direction is Direction.NONE or (link["entity"], rule.prm) in ENGINE_OWNED:
                continue
            for node in pair:
                value = self._holds(facts, node)
                assert value is None or known(value) in allowed[node], f"nobody wrote {value!r} of {node}"

    def _no_edit_is_lost(self, facts: Facts, excused: set[Node]) -> None:
        """What people wrote since both sides last agreed is on both sides now, unless it was told or another edit won."""
        for family in self._families():
            edits = self.scene.ledger.of(frozenset(family), since=self.history.since(family))
            if not family & excused:
                self._arrived(facts, family, edits)
                self.history.clean.update(dict.fromkeys(family, self.scene.ledger.now))

    def _families(self) -> Iterator[set[Node]]:
        seen: set[Node] = set()
        for pair, (link, rule) in self.history.ever.items():
            skipped = rule.references or (link["entity"], rule.prm) in ENGINE_OWNED or rule.direction is Direction.NONE
            if not skipped and pair[0] not in seen:
                family = self.history.family(pair[0])
                seen |= family
                yield family

    def _arrived(self, facts: Facts, family: set[Node], edits: list[Edit]) -> None:
        alike = len({self.history.clean.get(n, 0) for n in family}) == 1 and self.history.since(family) > 0
        last = {e.node: e for e in edits} if alike else {(i,): e for i, e in enumerate(edits)}
        counting = [e for e in last.values() if self._counts(e.node)]
        if not counting:
            return
        seeds: dict[Node, dict[Value, Any]] = defaultdict(dict)
        for e in counting:
            seeds[e.node][known(e.value)] = e.value
        allowed = self._flow(seeds)
        for node in family:
            value = self._holds(facts, node)
            assert not allowed[node] or known(value) in allowed[node], (
                f"an edit was lost: {node} holds {value!r}, not one of {list(allowed[node].values())}; {edits}"
            )

    def _counts(self, node: Node) -> bool:
        """Whether what is written there goes anywhere: the other side may own the field."""
        rules = [rule for pair, (_, rule) in self.history.ever.items() if node in pair]
        against = Direction.IN if node.system == PRM else Direction.OUT
        return all(rule.direction is not against for rule in rules)


def inward(rule: FieldRule, value: Any) -> Any:
    return tried(lambda: rule.inward({rule.crm: value}, References()))
